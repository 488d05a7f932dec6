import { present } from '../base/index.ts';
import type { RunStart, Tap } from '../embedded/index.ts';
import type { Environment } from '../vm/index.ts';
import type { ItemSink } from './recorder.ts';

/**
 * Notes what progs on the embedded machine are run for and what they are told. A replay of the same script does not need it: it is what
 * another script can be run on.
 */
export function machineTap(sink: ItemSink): Tap {
  let environment: Environment | undefined;
  return {
    environment(inner) {
      environment = inner;
      return listening(inner, sink);
    },
    start({ prog, probe, cpu, ctx }: RunStart) {
      const around = present(environment, 'the machine takes its environment before it runs a prog');
      const task = { ...around.task() };
      sink({ kind: 'event', prog, probe, cpu, timeNs: around.now('boot'), task, ctx: ctx.slice() });
    },
  };
}

function listening(inner: Environment, sink: ItemSink): Environment {
  const note = <T>(call: string, asked: readonly unknown[], given: T): T => {
    sink({ kind: 'told', call, asked, given });
    return given;
  };
  /** A listener in place of a method that an environment may not have. */
  const optional = <K extends keyof Environment>(key: K): Pick<Environment, K> | object => {
    const method = inner[key];
    if (method === undefined) return {};
    // Every method of an Environment takes plain data but read(), which is below.
    const call = method.bind(inner) as (...asked: unknown[]) => unknown;
    return { [key]: (...asked: unknown[]) => note(key, asked, call(...asked)) };
  };
  return {
    ...optional('write'),
    ...optional('functionIp'),
    ...optional('attachCookie'),
    ...optional('sessionIsReturn'),
    ...optional('namespaceIds'),
    ...optional('kernelVariable'),
    ...optional('perCpuAddress'),
    ...optional('taskRegisters'),
    ...optional('socketCookie'),
    ...optional('numaNode'),
    ...optional('signal'),
    ...optional('overrideReturn'),
    ...optional('path'),
    ...optional('trace'),
    ...optional('writeSequence'),
    now: (clock) => note('now', [clock], inner.now(clock)),
    random: () => note('random', [], inner.random()),
    task: () => note('task', [], { ...inner.task() }),
    // The machine's environments give whole stacks.
    stack: (space, limit) => note('stack', [space], inner.stack(space, limit)),
    read(space, address, into, isText) {
      const length = inner.read(space, address, into, isText);
      sink({
        kind: 'told',
        call: 'read',
        asked: [space, address, into.length],
        given: length > 0 ? into.slice(0, length) : length,
      });
      return length;
    },
  };
}
