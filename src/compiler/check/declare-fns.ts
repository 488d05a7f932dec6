import { type Type, voidType } from '../../types/index.ts';
import type { Fn } from '../language/index.ts';
import {
  type DiagnosticSink,
  type FnSignature,
  inScope,
  makeBody,
  makeCheckDiagnostic,
  type ProgramContext,
} from './body.ts';
import { type CheckInput, makeContext } from './check-input.ts';
import type { Inference } from './inference.ts';
import { resolveType } from './type-names.ts';
import { declareVariable } from './variables.ts';

/** The signatures of all functions; their types can be resolved before any body is looked at. */
export function declareFns(
  input: CheckInput,
  inference: Inference,
  fns: readonly Fn[],
  sink: DiagnosticSink,
): FnSignature[] {
  const program = makeContext(input, inference, sink, []);
  const names = new Set<string>();
  return fns.map((fn, index) => {
    if (names.has(fn.name.text)) sink.add(makeCheckDiagnostic('fn-redefined', fn.headSpan, [fn.name.text]));
    names.add(fn.name.text);
    const { params, result } = resolveSignature(program, fn);
    return { fn, index, params, result };
  });
}

/** Types of parameters may be `typeof` other parameters, in any order: they are resolved until nothing new comes. */
function resolveSignature(program: ProgramContext, fn: Fn): Pick<FnSignature, 'params' | 'result'> {
  const known = new Map<string, Type>();
  const round = (isLast: boolean): Type | undefined => {
    program.isFinal = isLast;
    const body = makeBody(program, fn, undefined, undefined);
    return inScope(body, () => {
      for (const [name, fixed] of known) {
        const param = fn.params.find((candidate) => candidate.variable.name === name) ?? fn;
        declareVariable(body, {
          name,
          declaration: param,
          at: param.span,
          fixed,
          origin: 'parameter',
          isAssigned: true,
        });
      }
      for (const param of fn.params) {
        const type = known.get(param.variable.name) ?? resolveType(body, param.type);
        if (type) known.set(param.variable.name, type);
      }
      return resolveType(body, fn.returnType);
    });
  };
  for (let before = -1; before < known.size; ) {
    before = known.size;
    round(false);
  }
  const result = round(true);
  return {
    params: fn.params.map((param) => ({
      name: param.variable.name,
      type: known.get(param.variable.name) ?? voidType,
    })),
    result: result ?? voidType,
  };
}
