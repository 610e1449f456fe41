export { judgeCandidate } from './judge-candidate.ts';
export { type GateEvidence, type GateRule, gateEvidenceSchema, gateRuleSchema } from './schema.ts';
