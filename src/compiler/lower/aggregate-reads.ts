import type { AggregateType } from '../../types/index.ts';
import { addressOf, type Place } from '../builtins/index.ts';
import type { ValueId, VariableId } from '../ir/index.ts';
import type { Span } from '../language/index.ts';
import type { MapIndex, TypedExpr } from '../typed/index.ts';
import { branch, choose, repeat } from './control.ts';
import { rowOf } from './cpu-row.ts';
import { refuse } from './failure.ts';
import type { FuncContext } from './func-context.ts';
import { keyPlace, scriptMap } from './map-access.ts';

/** What the CPUs' values come to so far: the number read, and the weight that says whether it counts. */
interface Total {
  readonly value: VariableId;
  /** avg: number of samples; min, max: 1 once a CPU had one. */
  readonly weight: VariableId;
}

/** An aggregate as one integer, put together over all CPUs; 0 where nothing was recorded. */
export function readAggregate(
  f: FuncContext,
  map: MapIndex,
  key: TypedExpr | undefined,
  type: AggregateType,
): ValueId {
  return totalNumber(f, totalOf(f, map, key, type), type);
}

/** Writes the total of a stats and the number of its samples, in the form that one CPU's have. */
export function readStatsInto(
  f: FuncContext,
  map: MapIndex,
  key: TypedExpr | undefined,
  type: AggregateType,
  to: Place,
): void {
  const { b } = f;
  const total = totalOf(f, map, key, type);
  b.store(8, to.base, b.readVariable(total.value), to.off);
  b.store(8, to.base, b.readVariable(total.weight), to.off + 8);
}

function totalOf(f: FuncContext, map: MapIndex, key: TypedExpr | undefined, type: AggregateType): Total {
  const { storage } = scriptMap(f, map);
  if (storage.kind === 'per-cpu-slot') {
    return overCpus(f, type, (cpu, visit) => visit(rowOf(f.b, f.prog.program, cpu, storage.offset)));
  }
  return totalAt(f, storage.map, keyPlace(f, key), type, f.prog.probe.span);
}

/** The same for one key of a per-CPU hash. */
export function readAggregateAt(
  f: FuncContext,
  bpfMap: number,
  key: Place,
  type: AggregateType,
  span: Span,
): ValueId {
  return totalNumber(f, totalAt(f, bpfMap, key, type, span), type);
}

function totalAt(f: FuncContext, bpfMap: number, key: Place, type: AggregateType, span: Span): Total {
  const { b } = f;
  if (!f.prog.program.target.has('map-lookup-percpu-elem')) {
    refuse(
      span,
      'reading an aggregation by key needs bpf_map_lookup_percpu_elem (Linux 5.19)',
      'print(@map) shows it without',
    );
  }
  return overCpus(f, type, (cpu, visit) => {
    const value = b.call('map_lookup_percpu_elem', [b.mapFd(bpfMap), addressOf(b, key), cpu]);
    branch(f, b.compare('ne', value, b.const(0)), () => visit({ base: value, off: 0, align: 8 }));
  });
}

function overCpus(
  f: FuncContext,
  type: AggregateType,
  locate: (cpu: ValueId, visit: (value: Place) => void) => void,
): Total {
  const { b } = f;
  const total: Total = { value: b.declareVariable(b.const(0)), weight: b.declareVariable(b.const(0)) };
  repeat(f, f.prog.program.target.possibleCpus, ({ index }) => {
    locate(index, (value) => addCpu(f, type, total, value));
  });
  return total;
}

function totalNumber(f: FuncContext, { value, weight }: Total, type: AggregateType): ValueId {
  const { b } = f;
  const number = b.readVariable(value);
  return type.kind === 'avg' ? average(f, number, b.readVariable(weight), type.signed) : number;
}

function addCpu(f: FuncContext, type: AggregateType, total: Total, place: Place): void {
  const { b } = f;
  const value = b.load(8, place.base, place.off);
  switch (type.kind) {
    case 'min':
    case 'max': {
      const isSet = b.load(8, place.base, place.off + 8);
      branch(f, isSet, () => {
        const best = b.readVariable(total.value);
        const op = type.kind === 'min' ? (type.signed ? 'slt' : 'ult') : type.signed ? 'sgt' : 'ugt';
        const isFirst = b.compare('eq', b.readVariable(total.weight), b.const(0));
        const wins = choose(
          f,
          isFirst,
          () => b.const(1),
          () => b.compare(op, value, best),
        );
        b.writeVariable(total.value, b.select(wins, value, best));
        b.writeVariable(total.weight, b.const(1));
      });
      return;
    }
    case 'avg':
    case 'stats': {
      const count = b.load(8, place.base, place.off + 8);
      b.writeVariable(total.weight, b.binary('add', b.readVariable(total.weight), count));
      b.writeVariable(total.value, b.binary('add', b.readVariable(total.value), value));
      return;
    }
    case 'count':
    case 'sum':
    case 'hist':
    case 'lhist':
    case 'tseries':
      b.writeVariable(total.value, b.binary('add', b.readVariable(total.value), value));
  }
}

/** Truncates toward zero; a division by no samples gives 0, as BPF divides. */
function average(f: FuncContext, sum: ValueId, count: ValueId, signed: boolean): ValueId {
  const { b } = f;
  if (!signed) return b.binary('udiv', sum, count);
  return choose(
    f,
    b.compare('slt', sum, b.const(0)),
    () => b.unary('neg', b.binary('udiv', b.unary('neg', sum), count)),
    () => b.binary('udiv', sum, count),
  );
}
