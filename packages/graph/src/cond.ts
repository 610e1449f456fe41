import * as tf from '@tensorflow/tfjs-core';
import { currentRecorder } from './current.ts';
import {
  differentiable,
  distinct,
  isDifferentiating,
  pullback,
  tryOut,
} from './differentiation.ts';
import { dtypeOf } from './dtype.ts';
import { fresh, specOf } from './fresh.ts';
import {
  dtypeAttribute,
  type FunctionDef,
  functionAttribute,
  typesAttribute,
} from './graph-def.ts';
import { GraphError } from './graph-error.ts';
import { type Capture, Recorder } from './recorder.ts';
import { recordWith } from './tracing.ts';
import { flatten, formatSpec, type Structure, unflatten } from './tree.ts';

/**
 * What one of two functions gives, as a bool scalar decides. Both give trees of the same form. In a program
 * both are traced and one of them runs; `tf.where` computes both. Gradients flow through the one that ran.
 * @throws GraphError for a predicate that is no bool scalar, and for results of different forms
 */
export function cond<R>(predicate: tf.Tensor, onTrue: () => R, onFalse: () => R): R {
  if (dtypeOf(predicate, 'The predicate of cond') !== 'bool' || predicate.size !== 1) {
    throw new GraphError(
      `The predicate of cond is ${formatSpec(specOf(predicate, 'The predicate of cond'))}; expected bool [].`,
      'compare (tf.less, tf.equal, …), and reduce with tf.any or tf.all',
    );
  }
  return tf.tidy(() => {
    if (currentRecorder() === undefined)
      return (predicate.dataSync()[0] ? onTrue() : onFalse()) as never;
    let form: Structure = [];
    const leavesOf = (fn: () => R) => (): tf.Tensor[] => {
      const { leaves, structure } = flatten<tf.Tensor>(fn(), 'what cond gives');
      form = structure;
      return leaves.map(({ value }) => value);
    };
    const branches = [leavesOf(onTrue), leavesOf(onFalse)] as const;
    const results = isDifferentiating()
      ? withGradient(predicate, ...branches)
      : traceIf(predicate, ...branches);
    return unflatten(form, results) as never;
  }) as R;
}

type Branch = () => tf.Tensor[];

function withGradient(predicate: tf.Tensor, onTrue: Branch, onFalse: Branch): tf.Tensor[] {
  const uses = distinct([onTrue, onFalse].flatMap((branch) => tryOut(branch, []).uses));
  return differentiable({
    inputs: uses,
    forward: () => ({ results: traceIf(predicate, onTrue, onFalse), saved: [predicate] }),
    backward: (dys, [saved]) => {
      const back =
        (branch: Branch): Branch =>
        () =>
          pullback(branch, uses, dys);
      return uses.length === 0 ? [] : traceIf(saved!, back(onTrue), back(onFalse));
    },
  });
}

function traceIf(predicate: tf.Tensor, onTrue: Branch, onFalse: Branch): tf.Tensor[] {
  const outer = currentRecorder()!;
  const traced = [onTrue, onFalse].map((branch) => traceBranch(outer, branch));
  const [yes, no] = traced as [TracedBranch, TracedBranch];
  checkSame(yes, no);
  const captures = new Map(
    traced.flatMap((it) => it.captures).map(({ tensor }) => [tensor.dataId as object, tensor]),
  );
  const shared = [...captures.values()];
  const names = traced.map((branch) => defineBranch(outer, branch, shared));
  const dtypes = yes.results.map((tensor) => dtypeOf(tensor, 'What cond gives'));
  const name = outer.add(
    'StatelessIf',
    new Map([
      ['Tcond', dtypeAttribute('bool')],
      ['Tin', typesAttribute(shared.map((tensor) => dtypeOf(tensor, 'What cond uses')))],
      ['Tout', typesAttribute(dtypes)],
      ['then_branch', functionAttribute(names[0]!)],
      ['else_branch', functionAttribute(names[1]!)],
    ]),
    [predicate, ...shared].map((tensor, i) => outer.reference(tensor, `Value ${i} of cond`)),
  );
  yes.results.forEach((tensor, i) => {
    outer.bind(tensor, `${name}:output:${i}`);
  });
  return yes.results;
}

interface TracedBranch {
  recorder: Recorder;
  captures: Capture[];
  /** Under dataIds of their own, on the values of the examples. */
  results: tf.Tensor[];
  references: string[];
}

function traceBranch(outer: Recorder, branch: Branch): TracedBranch {
  const recorder = new Recorder({ ...outer.options, outer });
  const results = recordWith(recorder, branch);
  const where = (i: number) => `Result ${i} of a branch of cond`;
  return {
    recorder,
    references: results.map((tensor, i) => recorder.reference(tensor, where(i))),
    captures: recorder.captures,
    results: results.map((tensor, i) => fresh(tensor, where(i))),
  };
}

/** Both branches take the same arguments: what either of them uses. */
function defineBranch(
  outer: Recorder,
  { recorder, captures, results, references }: TracedBranch,
  shared: readonly tf.Tensor[],
): string {
  const known = new Map(captures.map(({ tensor, name }) => [tensor.dataId as object, name]));
  const def: FunctionDef = {
    name: `branch_${outer.functions.length}`,
    arguments: shared.map((tensor, i) => ({
      name: known.get(tensor.dataId) ?? `unused_${i}`,
      dtype: dtypeOf(tensor, 'What cond uses'),
    })),
    results: results.map((tensor, i) => ({
      name: `result_${i}`,
      dtype: dtypeOf(tensor, 'What cond gives'),
      reference: references[i]!,
    })),
    nodes: recorder.nodes,
  };
  outer.functions.push(def);
  return def.name;
}

function checkSame(yes: TracedBranch, no: TracedBranch): void {
  const specs = ({ results }: TracedBranch) =>
    results.map((tensor) => formatSpec(specOf(tensor, 'What cond gives'))).join(', ');
  const [found, other] = [specs(yes), specs(no)];
  if (found === other) return;
  throw new GraphError(
    `The branches of cond give ${found || 'nothing'} and ${other || 'nothing'}.`,
    'give the same names, shapes and types in both',
  );
}
