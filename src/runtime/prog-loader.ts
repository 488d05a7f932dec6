import { errnos } from '../base/index.ts';
import { type AttachType, attachTypes } from '../bpf/index.ts';
import {
  type Btf,
  type BtfKind,
  buildProgBtf,
  type ProgBtf,
  type ProgBtfFunc,
  type ProgBtfLine,
} from '../btf/index.ts';
import {
  type BpfMap,
  type Fd,
  KernelError,
  type Prog as KernelProg,
  loadBtf,
  loadedProg,
  loadProg,
  openModuleBtf,
  openProg,
  type ProgSpec,
  ResourceStack,
} from '../kernel/index.ts';
import type { AttachBtf, Prog, Program } from '../program/index.ts';
import type { BtfSources } from './btf-sources.ts';
import { relocate } from './relocate.ts';

/** A BTF id, and the descriptor of the module's BTF it belongs to (none: the kernel proper's). */
interface BtfPlace {
  readonly id: number;
  readonly fd?: Fd;
}

/** Loads the progs of one Program; keeps the descriptors of modules' BTF while it does. */
export class ProgLoader implements Disposable {
  readonly #program: Program;
  readonly #maps: readonly BpfMap[];
  readonly #btf: BtfSources;
  readonly #resources = new ResourceStack();
  readonly #moduleFds = new Map<string, Fd>();
  /** By source: its lines, split when the first is named. */
  readonly #linesOf = new Map<number, readonly string[]>();

  constructor(program: Program, maps: readonly BpfMap[], btf: BtfSources) {
    this.#program = program;
    this.#maps = maps;
    this.#btf = btf;
  }

  /**
   * Loads one prog.
   *
   * @throws ProgLoadError when the kernel refuses it; KernelError when what it refers to is not there.
   */
  load(prog: Prog, options: { readonly withLog: boolean }): KernelProg {
    // The kernel keeps what it needs of the prog's BTF itself.
    using stack = new ResourceStack();
    const kfuncBtfs: Fd[] = [];
    const insns = relocate(prog.insns, prog.relocs, {
      mapFd: (map) => this.#mapFd(map),
      kfunc: (name) => {
        const { id, fd } = this.#find(name, 'func');
        if (!fd) return { id, fdIndex: 0 };
        if (!kfuncBtfs.includes(fd)) kfuncBtfs.push(fd);
        // Index 0 of the array stands for the kernel proper.
        return { id, fdIndex: kfuncBtfs.indexOf(fd) + 1 };
      },
      ksym: (name) => {
        const { id, fd } = this.#find(name, 'var');
        return { id, fd: fd?.raw ?? 0 };
      },
    });
    const btf = this.#progBtf(prog);
    const btfFd = btf && stack.use(loadBtf(btf.btf));
    const spec: ProgSpec = {
      name: prog.name,
      type: prog.type,
      insns,
      license: this.#program.license,
      isSleepable: prog.sleepable ?? false,
      kfuncBtfs,
      ...(prog.expectedAttachType === undefined
        ? {}
        : { expectedAttachType: attachTypeOf(prog.expectedAttachType) }),
      ...(prog.attachBtf === undefined ? {} : { attachBtf: this.#attachPlace(prog.attachBtf) }),
      ...(btf && btfFd ? { btf: { fd: btfFd, funcInfo: btf.funcInfo, lineInfo: btf.lineInfo } } : {}),
    };
    const { logSize } = this.#program.settings;
    return loadProg(spec, {
      ...(options.withLog ? { logLevel: 1 } : {}),
      ...(logSize === undefined ? {} : { logSize }),
    });
  }

  [Symbol.dispose](): void {
    this.#resources[Symbol.dispose]();
  }

  #mapFd(index: number): number {
    const map = this.#maps[index];
    if (!map) throw new KernelError(`map ${index}`, errnos.EBADF.number, { detail: 'a reloc names it' });
    return map.fd.raw;
  }

  /** Functions and lines of the script, for callbacks, the verifier's log and bpftool. */
  #progBtf(prog: Prog): ProgBtf | undefined {
    if (prog.funcs.length === 0) return undefined;
    const lines = prog.lines.map(({ insn, trail }): ProgBtfLine => {
      const source = this.#program.sources[trail.at.source];
      return {
        insn,
        file: source?.name ?? '',
        text: this.#line(trail.at.source, trail.at.line),
        line: trail.at.line,
        column: trail.at.column,
      };
    });
    const funcs = prog.funcs.map(
      ({ name, insn, params, paramKinds, isGlobal }): ProgBtfFunc => ({
        name,
        insn,
        linkage: isGlobal ? 'global' : 'static',
        params: paramKinds ?? Array.from({ length: params }, () => 'u64' as const),
      }),
    );
    return buildProgBtf(funcs, lines);
  }

  #line(source: number, line: number): string {
    let lines = this.#linesOf.get(source);
    if (lines === undefined) {
      lines = (this.#program.sources[source]?.text ?? '').split('\n');
      this.#linesOf.set(source, lines);
    }
    return lines[line - 1]?.trim() ?? '';
  }

  #attachPlace({ kind, name, module, prog }: AttachBtf): BtfPlace & { readonly prog?: Fd } {
    if (prog !== undefined) return this.#inProg(prog, name);
    const inKernel = module === undefined || module === 'vmlinux';
    return inKernel ? this.#inKernel(name, kind) : this.#inModule(module, name, kind);
  }

  /** A function of a BPF prog that was there when the script was compiled. */
  #inProg(number: number, name: string): BtfPlace & { readonly prog: Fd } {
    const found = loadedProg(number);
    const id = found?.functions.find((type) => found.btf.nameOf(type) === name);
    const fd = id === undefined ? undefined : openProg(number);
    if (id === undefined || !fd) throw notFound(name, `BPF program ${number} has gone`);
    return { id, prog: this.#resources.use(fd) };
  }

  /** In the kernel proper, else in the module that has it. */
  #find(name: string, kind: BtfKind): BtfPlace {
    const id = this.#btf.running()?.find(name, kind);
    if (id !== undefined) return { id };
    const module = this.#btf
      .modules()
      .find((each) => ownId(this.#btf.module(each), name, kind) !== undefined);
    return module === undefined ? this.#inKernel(name, kind) : this.#inModule(module, name, kind);
  }

  #inKernel(name: string, kind: BtfKind): BtfPlace {
    const btf = this.#btf.running();
    if (!btf) throw notFound(name, 'this kernel has no BTF');
    const id = btf.find(name, kind);
    if (id === undefined) throw notFound(name, "it is not in the kernel's BTF");
    return { id };
  }

  #inModule(module: string, name: string, kind: BtfKind): BtfPlace {
    const id = ownId(this.#btf.module(module), name, kind);
    if (id === undefined) throw notFound(name, `it is not in the BTF of module ${module}`);
    const known = this.#moduleFds.get(module);
    if (known) return { id, fd: known };
    const fd = openModuleBtf(module);
    if (!fd) throw notFound(name, `module ${module} has gone`);
    this.#moduleFds.set(module, this.#resources.use(fd));
    return { id, fd };
  }
}

/** A module's BTF finds the kernel's types too: only the module's own count here. */
function ownId(btf: Btf | undefined, name: string, kind: BtfKind): number | undefined {
  return btf?.findAll(name, kind).find((id) => id >= btf.firstId);
}

function notFound(name: string, why: string): KernelError {
  return new KernelError(`find ${name}`, errnos.ENOENT.number, { detail: why });
}

function attachTypeOf(name: string): AttachType {
  if (Object.hasOwn(attachTypes, name)) return name as AttachType; // a key of the table, as just checked
  throw new KernelError(`attach type ${name}`, errnos.EINVAL.number, { detail: 'no such attach type' });
}
