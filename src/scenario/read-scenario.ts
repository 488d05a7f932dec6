import {
  type BinaryFacts,
  type FedNames,
  type Happening,
  KernelModel,
  type MachineFacts,
  type Otherwise,
  processTracepoints,
  syscallNames,
  type TaskFacts,
  type Told,
  taskAddress,
} from '../embedded/index.ts';
import { type Arch, archTable, type TracepointFormat } from '../program/index.ts';
import { createQuietEnvironment, type Task } from '../vm/index.ts';
import { LineCursor, type ScenarioValue, type Space } from './line-cursor.ts';
import { layOutArguments, layOutRegisters } from './register-context.ts';
import { isTime, readTime } from './scenario-clock.ts';
import { ScenarioMemory } from './scenario-memory.ts';
import { Symbols } from './symbols.ts';
import { readFormat } from './tracepoint-format.ts';
import { layOutRecord } from './tracepoint-record.ts';

/** A scenario as a run needs it. */
export interface Scenario {
  readonly facts: MachineFacts;
  readonly happenings: readonly Happening[];
  readonly endNs: bigint;
  readonly names: FedNames;
  readonly otherwise: Otherwise;
}

/** Source: PID_MAX_LIMIT of 64-bit kernels. */
const MAX_PID = 4 * 1024 * 1024;
const MAX_U32 = 0xffff_ffff;
const MAX_CPUS = 256;
const MAX_COMM = 15;
/** A perf event's stack is cut there. Source: kernel.perf_event_max_stack. */
const MAX_FRAMES = 127;

/** Reads a scenario. @param text a binary string. @throws ScenarioError */
export function readScenario(text: string): Scenario {
  const reader = new ScenarioReader();
  text.split('\n').forEach((line, index) => {
    const cursor = new LineCursor(line.replace(/\r$/, ''), index + 1);
    if (!cursor.isAtEnd) reader.readLine(cursor);
  });
  return reader.finish();
}

class ScenarioReader {
  #arch: Arch = 'x86_64';
  #cpus = 1;
  #bootToWallNs = 0n;
  #tracer: Task = makeTask('tetrace', { pid: 1000 });
  #formats: Map<string, TracepointFormat> = new Map(processTracepoints('x86_64'));
  #numbers = numbersOf('x86_64');
  readonly #tasks = new Map<string, Task>();
  readonly #taskFacts = new Map<number, TaskFacts>();
  readonly #userNames = new Map<bigint, string>();
  readonly #symbols = new Symbols();
  readonly #memory = new ScenarioMemory(this.#symbols);
  readonly #functions = new Set<string>();
  readonly #binaries = new Map<string, BinaryFacts>();
  readonly #happenings: Happening[] = [];
  #timeNs = 0n;
  #isEnded = false;

  readLine(cursor: LineCursor): void {
    if (this.#isEnded) throw cursor.error('the scenario has ended: nothing follows the line with end');
    const first = cursor.word('a time, or what the line is about,');
    if (isTime(first)) this.#readEvent(first, cursor);
    else {
      const directive = Object.hasOwn(this.#directives, first) ? this.#directives[first] : undefined;
      if (directive === undefined)
        throw cursor.error(
          `${first} begins no line; a time does, or one of ${Object.keys(this.#directives).join(', ')}`,
        );
      directive(cursor);
    }
    cursor.end();
  }

  finish(): Scenario {
    const model = new KernelModel((tid) => this.#taskFacts.get(tid));
    const quiet = createQuietEnvironment();
    const read = (space: Space, address: bigint, into: Uint8Array): number => {
      const length = this.#memory.read(space, address, into);
      return length === 0 && space === 'kernel' ? model.read(address, into) : length;
    };
    return {
      facts: {
        arch: this.#arch,
        possibleCpus: this.#cpus,
        onlineCpus: Array.from({ length: this.#cpus }, (_, cpu) => cpu),
        tracepoints: Object.fromEntries(this.#formats),
        functions: [...this.#functions],
        binaries: [...this.#binaries.values()],
        features: {},
        startNs: 0n,
        bootToWallNs: this.#bootToWallNs,
        childPid: 0,
        tracer: this.#tracer,
        clockOffsets: { boot: 0n, monotonic: 0n, coarse: 0n, tai: this.#bootToWallNs },
      },
      happenings: this.#happenings,
      endNs: this.#timeNs,
      names: {
        kernelSymbol: (address) => this.#symbols.at('kernel', address),
        userSymbol: (_pid, address) => this.#symbols.at('user', address),
        userName: (uid) => this.#userNames.get(uid),
        cgroupPath: () => undefined,
      },
      otherwise: () => ({ ...quiet, random: quiet.random, read }),
    };
  }

  readonly #directives: Readonly<Record<string, (cursor: LineCursor) => void>> = {
    arch: (cursor) => {
      const name = cursor.word('the architecture');
      const arch = (Object.keys(archTable) as Arch[]).find((known) => known === name);
      if (arch === undefined) throw cursor.error(`${name} is none of ${Object.keys(archTable).join(', ')}`);
      if (this.#happenings.length > 0) throw cursor.error('the architecture is said before the first event');
      this.#arch = arch;
      this.#formats = new Map([...processTracepoints(arch), ...this.#formats]);
      this.#numbers = numbersOf(arch);
    },
    cpus: (cursor) => {
      this.#cpus = cursor.count('how many CPUs there are', MAX_CPUS);
      if (this.#cpus === 0) throw cursor.error('there is at least one CPU');
      if (this.#happenings.length > 0) throw cursor.error('CPUs are counted before the first event');
    },
    wall: (cursor) => {
      const words = cursor.restOfLine();
      const ms = Date.parse(words);
      if (
        !/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/.test(words) ||
        Number.isNaN(ms)
      )
        throw cursor.error(`${words} is no time of the day: write 2024-02-29T12:00:00Z`);
      this.#bootToWallNs = BigInt(ms) * 1_000_000n;
    },
    user: (cursor) => {
      const uid = cursor.count('the number of the user', MAX_U32);
      this.#userNames.set(BigInt(uid), cursor.text('the name of the user'));
    },
    tracer: (cursor) => {
      this.#tracer = readTask('tetrace', cursor).task;
    },
    task: (cursor) => {
      const name = cursor.word('the name of the task');
      const { task, parentPid } = readTask(name, cursor);
      this.#tasks.set(name, task);
      this.#taskFacts.set(task.tid, {
        tid: task.tid,
        pid: task.pid,
        comm: task.comm,
        parentPid,
        terminal: 0,
      });
    },
    tracepoint: (cursor) => {
      const name = cursor.word('the name of the tracepoint');
      if (!/^[^:]+:[^:]+$/.test(name))
        throw cursor.error(`a tracepoint is named like sched:sched_switch, not ${name}`);
      this.#formats.set(name, readFormat(cursor, this.#formats.size + 1));
    },
  };

  #readEvent(time: string, cursor: LineCursor): void {
    this.#timeNs = readTime(time, this.#timeNs, cursor);
    const who = cursor.word('the task, or end,');
    if (who === 'end') {
      this.#isEnded = true;
      return;
    }
    const task = this.#tasks.get(who);
    if (task === undefined)
      throw cursor.error(
        `there is no task ${who}${this.#tasks.size === 0 ? '' : `, only ${[...this.#tasks.keys()].join(', ')}`}; write task ${who} pid 100 before`,
      );
    let cpu = 0;
    if (cursor.peek() === 'cpu') {
      cursor.word('cpu');
      cpu = cursor.count('the CPU', this.#cpus - 1);
    }
    const probe = cursor.word('the probe');
    const values = new Map<string, ScenarioValue>();
    while (!cursor.isAtEnd) {
      const name = cursor.word('the name of a field');
      if (!cursor.takes('=')) throw cursor.error(`a = is missing behind ${name}`);
      if (values.has(name)) throw cursor.error(`${name} is given twice`);
      values.set(name, cursor.value());
    }
    const told = this.#toldStacks(values, cursor);
    const { ctx, ip } = this.#contextOf(probe, task, values, cursor);
    if (ip !== undefined) told.push({ call: 'functionIp', asked: [], given: ip });
    this.#happenings.push({ probe, cpu, timeNs: this.#timeNs, ctx, task, told });
  }

  /** `kstack` and `ustack` are taken out of the fields. */
  #toldStacks(values: Map<string, ScenarioValue>, cursor: LineCursor): Told[] {
    const told: Told[] = [];
    for (const [name, space] of [
      ['kstack', 'kernel'],
      ['ustack', 'user'],
    ] as const) {
      const value = values.get(name);
      if (value === undefined) continue;
      if (value.kind !== 'list' || value.values.length > MAX_FRAMES)
        throw cursor.error(
          `${name} is a list of at most ${MAX_FRAMES} functions or addresses, the innermost first`,
        );
      values.delete(name);
      const given = value.values.map((each) => BigInt.asUintN(64, this.#memory.wordOf(each, space, cursor)));
      told.push({ call: 'stack', asked: [space], given });
    }
    return told;
  }

  #contextOf(
    probe: string,
    task: Task,
    values: ReadonlyMap<string, ScenarioValue>,
    cursor: LineCursor,
  ): { readonly ctx: Uint8Array; readonly ip?: bigint } {
    const [kind = '', ...rest] = probe.split(':');
    const parts = { probe, arch: this.#arch, memory: this.#memory, cursor };
    switch (kind) {
      case 'tracepoint': {
        const [category = '', event = ''] = rest;
        const format = this.#formats.get(`${category}:${event}`);
        if (format === undefined)
          throw cursor.error(
            `tracepoint ${rest.join(':')} is not known: say its fields before, in a line that begins with tracepoint ${rest.join(':')}`,
          );
        const space = category === 'syscalls' ? 'user' : 'kernel';
        const whole = this.#withNumber(category, event, values, cursor);
        return { ctx: layOutRecord({ ...parts, format, tid: task.tid, space }, whole) };
      }
      case 'kprobe':
      case 'kretprobe': {
        const [name = '', offset] = (rest.at(-1) ?? '').split('+');
        if (name === '') throw cursor.error(`${probe} names no function`);
        this.#functions.add(name);
        const ip = this.#symbols.addressOf('kernel', name) + BigInt(Number(offset ?? 0) || 0);
        return { ctx: layOutRegisters({ ...parts, space: 'kernel' }, values, ip), ip };
      }
      case 'uprobe':
      case 'uretprobe': {
        const [path = '', name = ''] = rest;
        if (rest.length !== 2 || name === '')
          throw cursor.error(`a ${kind} is named like ${kind}:/bin/bash:readline, not ${probe}`);
        const ip = this.#addUserFunction(path, name);
        return { ctx: layOutRegisters({ ...parts, space: 'user' }, values, ip), ip };
      }
      case 'usdt': {
        const [path = '', provider = '', name = ''] = rest;
        if (rest.length !== 3)
          throw cursor.error(`a usdt probe is named like usdt:/bin/x:provider:name, not ${probe}`);
        this.#addStaticProbe(path, provider, name);
        return { ctx: layOutRegisters({ ...parts, space: 'user' }, values, undefined) };
      }
      case 'profile':
      case 'interval':
      case 'software':
      case 'hardware':
        return { ctx: layOutRegisters({ ...parts, space: 'kernel' }, values, undefined) };
      case 'rawtracepoint':
        return { ctx: layOutArguments({ ...parts, space: 'kernel' }, values) };
      default:
        throw cursor.error(
          `${probe} cannot happen in a scenario; tracepoint, rawtracepoint, kprobe, kretprobe, uprobe, uretprobe, usdt, profile, interval, software and hardware can`,
        );
    }
  }

  /** The number of the system call is known where the event names it, and may be a name elsewhere. */
  #withNumber(
    category: string,
    event: string,
    values: ReadonlyMap<string, ScenarioValue>,
    cursor: LineCursor,
  ): ReadonlyMap<string, ScenarioValue> {
    const number = (name: string): ScenarioValue | undefined => {
      const found = this.#numbers.get(name);
      return found === undefined ? undefined : { kind: 'int', value: BigInt(found) };
    };
    if (category === 'syscalls') {
      const value = number(event.replace(/^sys_(?:enter|exit)_/, ''));
      return value === undefined || values.has('__syscall_nr')
        ? values
        : new Map([...values, ['__syscall_nr', value]]);
    }
    const id = values.get('id');
    if (category !== 'raw_syscalls' || id?.kind !== 'place') return values;
    const value = number(id.symbol);
    if (value === undefined) throw cursor.error(`there is no system call ${id.symbol}`);
    return new Map([...values, ['id', value]]);
  }

  #addUserFunction(path: string, name: string): bigint {
    const address = this.#symbols.addressOf('user', name);
    const binary = this.#binary(path);
    if (!binary.symbols.some((symbol) => symbol.name === name)) {
      const symbol = { name, address, size: this.#symbols.size, fileOffset: address };
      this.#binaries.set(path, { ...binary, symbols: [...binary.symbols, symbol] });
    }
    return address;
  }

  /** Its arguments are where a function's are. */
  #addStaticProbe(path: string, provider: string, name: string): void {
    const binary = this.#binary(path);
    if (binary.usdt.some((probe) => probe.provider === provider && probe.name === name)) return;
    const address = this.#symbols.addressOf('user', `${provider}:${name}`);
    const operands = {
      x86_64: '8@%rdi 8@%rsi 8@%rdx 8@%rcx 8@%r8 8@%r9',
      aarch64: '8@x0 8@x1 8@x2 8@x3 8@x4 8@x5',
    };
    const location = { address, fileOffset: address, arguments: operands[this.#arch] };
    const probe = { provider, name, locations: [location] };
    this.#binaries.set(path, { ...binary, usdt: [...binary.usdt, probe] });
  }

  #binary(path: string): BinaryFacts {
    return this.#binaries.get(path) ?? { shown: path, path, symbols: [], usdt: [] };
  }
}

function numbersOf(arch: Arch): ReadonlyMap<string, number> {
  return new Map([...syscallNames(arch)].map(([number, name]) => [name, number]));
}

/** `pid 100 tid 101 uid 0 gid 0 comm "x" ppid 1 cgroup 5`, in any order; only pid has to be there. */
function readTask(name: string, cursor: LineCursor): { readonly task: Task; readonly parentPid: number } {
  const given: { [key: string]: number | string } = {};
  while (!cursor.isAtEnd) {
    const key = cursor.word('what is said of the task');
    if (key === 'comm') given[key] = cursor.text('the name of its program');
    else if (key === 'pid' || key === 'tid' || key === 'ppid') given[key] = cursor.count(key, MAX_PID);
    else if (key === 'uid' || key === 'gid' || key === 'cgroup') given[key] = cursor.count(key, MAX_U32);
    else throw cursor.error(`of a task pid, tid, ppid, uid, gid, cgroup and comm are said, not ${key}`);
  }
  if (given['pid'] === undefined) throw cursor.error(`the task ${name} has no pid`);
  const { comm = name } = given;
  if (String(comm).length > MAX_COMM)
    throw cursor.error(`"${comm}" is longer than the ${MAX_COMM} bytes of a comm`);
  return { task: makeTask(String(comm), given), parentPid: Number(given['ppid'] ?? 1) };
}

function makeTask(comm: string, given: { readonly [key: string]: number | string }): Task {
  const pid = Number(given['pid']);
  const tid = Number(given['tid'] ?? pid);
  const uid = Number(given['uid'] ?? 0);
  return {
    pid,
    tid,
    uid,
    gid: Number(given['gid'] ?? uid),
    comm,
    cgroupId: BigInt(given['cgroup'] ?? 1),
    address: taskAddress(tid),
  };
}
