import { Session } from 'node:inspector';

interface Coverage {
  result: {
    scriptId: string;
    url: string;
    functions: { ranges: { startOffset: number; endOffset: number; count: number }[] }[];
  }[];
}

export interface CodeCoverage {
  /** The blocks of code that ran since it was last asked, by place. */
  take(): string[];
}

/**
 * Counts which blocks of JavaScript run in this process, by V8's own precise coverage; Node's own
 * code is left out. Begins with the modules that are loaded afterwards.
 */
export function openCoverage(): CodeCoverage {
  const session = new Session();
  session.connect();
  const post = (method: string, parameters: object = {}): unknown => {
    let answer: unknown;
    // Within one process the answer comes at once.
    session.post(method, parameters, (error, result) => {
      if (error) throw error;
      answer = result;
    });
    return answer;
  };
  post('Profiler.enable');
  post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  return {
    take: () =>
      (post('Profiler.takePreciseCoverage') as Coverage).result
        .filter(({ url }) => url.startsWith('file:'))
        .flatMap(({ scriptId, functions }) =>
          functions
            .flatMap(({ ranges }) => ranges)
            .filter(({ count }) => count > 0)
            .map(({ startOffset, endOffset }) => `${scriptId} ${startOffset} ${endOffset}`),
        ),
  };
}
