/** The ways to answer a run whose gate waits for a person: commands, and the updates that they send. */
export const approvalWays = (runId: string) =>
  (['approve', 'reject'] as const).map((update) => ({
    update,
    command: `npx atelier ${update} ${runId} --reason "…"`,
    payload: '{"reason": "…", "by": "…"}',
  }));
