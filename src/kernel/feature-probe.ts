/**
 * Asks the running kernel what it can do: each question loads (or attaches) the smallest object that needs the feature.
 *
 * Errors that speak of privileges or memory answer nothing and are asked again next time; clear answers are kept by the FeatureProbe.
 */

import { existsSync } from 'node:fs';
import { errnoName, errnos, unreachable } from '../base/index.ts';
import {
  type AttachType,
  alu64Imm,
  attachTypes,
  call,
  callKfunc,
  encodeInsns,
  exit,
  type HelperName,
  helperIds,
  type Insn,
  jumpImm,
  ldMapValue,
  load,
  mapFlags,
  movsx64,
  type ProgType,
  R0,
  R1,
} from '../bpf/index.ts';
import type { Btf } from '../btf/index.ts';
import { bpfResult } from './bpf-call.ts';
import { type FeatureAnswer, features, type KernelFeature } from './feature-table.ts';
import { createMap } from './map.ts';
import { pmuType } from './perf-pmu.ts';
import { loadProg, type Prog, ProgLoadError, type ProgSpec } from './prog.ts';
import { hasSingleProgFrame } from './prog-frames.ts';
import { attr, isKernelError, KernelError, pinText, pinU64s } from './sys/index.ts';
import { attachTracing } from './tracing.ts';
import { modulesWithBtf } from './vmlinux-btf.ts';

const yes: FeatureAnswer = { kind: 'yes' };

/** An address that nothing is at, in user space or outside it. */
const NOWHERE = 0xffff_ffff_ffff_f000n;

/** Does nothing and is called by nobody but BPF self-tests: what a trampoline can be tried on. Source: net/bpf/test_run.c. */
const FENTRY_TARGET = 'bpf_fentry_test1';

/** Errors that say nothing about the feature. */
const undecided = ['EPERM', 'EACCES', 'ENOMEM', 'EMFILE', 'ENFILE', 'EAGAIN', 'EINTR'] as const;

const returnZero: readonly Insn[] = [alu64Imm('mov', R0, 0), exit()];

export class FeatureProbe {
  readonly #answers = new Map<KernelFeature, FeatureAnswer>();
  readonly #vmlinux: () => Btf | undefined;

  /** @param vmlinux the running kernel's BTF, asked for only when a question needs it. */
  constructor(vmlinux: () => Btf | undefined) {
    this.#vmlinux = vmlinux;
  }

  ask(feature: KernelFeature): FeatureAnswer {
    const known = this.#answers.get(feature);
    if (known !== undefined) return known;
    const answer = this.#probe(feature);
    if (answer.kind !== 'unknown') this.#answers.set(feature, answer);
    return answer;
  }

  /** Whether the kernel clearly has it. */
  has(feature: KernelFeature): boolean {
    return this.ask(feature).kind === 'yes';
  }

  /** Whether progs of a type may call a kfunc: one is loaded that calls it, and what counts is what the verifier objects to. */
  allowsKfunc(name: string, type: ProgType): boolean {
    const id = this.#vmlinux()?.find(name, 'func');
    if (id === undefined) return false;
    try {
      using _prog = tryLoad({
        ...this.#trialOf(type),
        insns: [callKfunc(id), alu64Imm('mov', R0, 0), exit()],
      });
      return true;
    } catch (error) {
      if (!(error instanceof ProgLoadError) || error.log === '') throw error;
      return !error.log.includes(`calling kernel function ${name} is not allowed`);
    }
  }

  /** What a prog of a type needs besides, to be looked at by the verifier. */
  #trialOf(type: ProgType): Omit<Trial, 'insns'> {
    const id = type === 'BPF_PROG_TYPE_TRACING' ? this.#vmlinux()?.find('bpf_iter_task', 'func') : undefined;
    return id === undefined ? { type } : { type, expectedAttachType: 'BPF_TRACE_ITER', attachBtf: { id } };
  }

  #probe(feature: KernelFeature): FeatureAnswer {
    try {
      return this.#question(feature);
    } catch (error) {
      return judge(feature, error);
    }
  }

  #question(feature: KernelFeature): FeatureAnswer {
    switch (feature) {
      case 'ring-buffer':
        return this.#creates('BPF_MAP_TYPE_RINGBUF', 0, 0, 4096);
      case 'bounded-loops':
        return loads({
          type: 'BPF_PROG_TYPE_RAW_TRACEPOINT',
          insns: [alu64Imm('mov', R0, 9), alu64Imm('sub', R0, 1), jumpImm('ne', R0, 0, -2), exit()],
        });
      case 'large-insn-limit':
        return loads({
          type: 'BPF_PROG_TYPE_RAW_TRACEPOINT',
          insns: [...Array.from({ length: 4100 }, () => alu64Imm('mov', R0, 0)), exit()],
        });
      case 'cpu-v4':
        return loads({
          type: 'BPF_PROG_TYPE_RAW_TRACEPOINT',
          insns: [alu64Imm('mov', R1, 1), movsx64(8, R0, R1), exit()],
        });
      case 'global-data':
        return this.#readsGlobal();
      case 'bpf-loop':
        return callable('loop');
      case 'for-each-map-elem':
        return callable('for_each_map_elem');
      case 'map-lookup-percpu-elem':
        return callable('map_lookup_percpu_elem');
      case 'cgrp-storage':
        return callable('cgrp_storage_get');
      case 'get-func-ip':
        return callable('get_func_ip', 'BPF_PROG_TYPE_KPROBE');
      case 'get-func-ret':
        return this.#callableAtReturn('get_func_ret');
      case 'attach-cookie':
        return callable('get_attach_cookie', 'BPF_PROG_TYPE_KPROBE');
      case 'ktime-get-boot-ns':
        return callable('ktime_get_boot_ns');
      case 'ktime-get-tai-ns':
        return callable('ktime_get_tai_ns');
      case 'jiffies64':
        return callable('jiffies64');
      case 'get-ns-current-pid-tgid':
        return callable('get_ns_current_pid_tgid');
      case 'send-signal':
        return callable('send_signal');
      case 'send-signal-thread':
        return callable('send_signal_thread');
      case 'override-return':
        return callable('override_return', 'BPF_PROG_TYPE_KPROBE');
      case 'probe-read-kernel':
        return callable('probe_read_kernel');
      case 'task-pt-regs':
        return callable('task_pt_regs');
      case 'mappable-arrays':
        return createsMappable();
      case 'dynptr':
        return callable('dynptr_from_mem');
      case 'd-path':
        return this.#callableInIterator('d_path');
      case 'map-sum-elem-count':
        return this.#hasFunction('bpf_map_sum_elem_count');
      case 'open-coded-iterators':
        return this.#hasFunction('bpf_iter_num_new');
      case 'task-from-pid':
        return this.#hasFunction('bpf_task_from_pid');
      case 'kprobe':
        return pmuType('kprobe') === undefined ? no(feature) : yes;
      case 'uprobe':
        return pmuType('uprobe') === undefined ? no(feature) : yes;
      case 'uprobe-refcount':
        return existsSync('/sys/bus/event_source/devices/uprobe/format/ref_ctr_offset') ? yes : no(feature);
      case 'kprobe-multi':
        return this.#linksKprobes(feature, 'BPF_TRACE_KPROBE_MULTI');
      case 'kprobe-session':
        return this.#linksKprobes(feature, 'BPF_TRACE_KPROBE_SESSION');
      case 'uprobe-multi':
        return this.#linksUprobes(feature, 'BPF_TRACE_UPROBE_MULTI');
      case 'uprobe-multi-pid':
        return this.#linksUprobesOfProcess(feature);
      case 'uprobe-session':
        return this.#linksUprobes(feature, 'BPF_TRACE_UPROBE_SESSION');
      case 'fentry':
        return this.#attachesTrampoline();
      case 'single-prog-frame':
        return this.#seesProgOnce();
      case 'iter':
        return this.#loadsIterator(returnZero);
      case 'perf-link':
        return this.#linksPerfEvents();
      case 'btf':
        return this.#vmlinux() === undefined ? no(feature) : yes;
      case 'module-btf':
        return this.#hasModuleBtf();
      case 'map-batch':
        return this.#readsBatch();
      default:
        return unreachable(feature);
    }
  }

  #creates(
    type: 'BPF_MAP_TYPE_RINGBUF',
    keySize: number,
    valueSize: number,
    maxEntries: number,
  ): FeatureAnswer {
    using _map = createMap({ name: 'probe', type, keySize, valueSize, maxEntries }, 1);
    return yes;
  }

  #readsGlobal(): FeatureAnswer {
    using map = createMap(
      { name: 'probe', type: 'BPF_MAP_TYPE_ARRAY', keySize: 4, valueSize: 8, maxEntries: 1 },
      1,
    );
    return loads({
      type: 'BPF_PROG_TYPE_RAW_TRACEPOINT',
      insns: [ldMapValue(R1, map.fd.raw, 0), load(8, R0, R1, 0), exit()],
    });
  }

  #readsBatch(): FeatureAnswer {
    using map = createMap(
      { name: 'probe', type: 'BPF_MAP_TYPE_HASH', keySize: 4, valueSize: 4, maxEntries: 1 },
      1,
    );
    const request = attr.mapBatchAttr.encode({ map_fd: map.fd.raw, count: 0 });
    const result = bpfResult('BPF_MAP_LOOKUP_BATCH', request);
    // A count of 0 is answered before anything is read.
    return result === 0 || result === -errnos.EFAULT.number ? yes : answerTo('map-batch', -result);
  }

  #hasFunction(name: string): FeatureAnswer {
    const btf = this.#vmlinux();
    if (btf === undefined) return { kind: 'unknown', why: 'this kernel has no BTF to look in' };
    return btf.hasFunction(name) ? yes : { kind: 'no', why: `the kernel has no ${name}()` };
  }

  #hasModuleBtf(): FeatureAnswer {
    if (modulesWithBtf().length > 0) return yes;
    return this.#hasFunction('btf_try_get_module');
  }

  #loadsIterator(insns: readonly Insn[]): FeatureAnswer {
    const id = this.#vmlinux()?.find('bpf_iter_task', 'func');
    if (id === undefined) return { kind: 'no', why: 'the kernel has no BTF of bpf_iter_task()' };
    return loads({
      type: 'BPF_PROG_TYPE_TRACING',
      expectedAttachType: 'BPF_TRACE_ITER',
      attachBtf: { id },
      insns,
    });
  }

  #callableInIterator(helper: HelperName): FeatureAnswer {
    const id = this.#vmlinux()?.find('bpf_iter_task', 'func');
    if (id === undefined) return { kind: 'no', why: 'the kernel has no BTF of bpf_iter_task()' };
    return callable(helper, 'BPF_PROG_TYPE_TRACING', {
      expectedAttachType: 'BPF_TRACE_ITER',
      attachBtf: { id },
    });
  }

  #callableAtReturn(helper: HelperName): FeatureAnswer {
    const trampolines = this.ask('fentry');
    const id = this.#vmlinux()?.find(FENTRY_TARGET, 'func');
    if (trampolines.kind !== 'yes' || id === undefined) return trampolines;
    return callable(helper, 'BPF_PROG_TYPE_TRACING', {
      expectedAttachType: 'BPF_TRACE_FEXIT',
      attachBtf: { id },
    });
  }

  #attachesTrampoline(): FeatureAnswer {
    const id = this.#vmlinux()?.find(FENTRY_TARGET, 'func');
    if (id === undefined) return { kind: 'no', why: `the kernel has no BTF of ${FENTRY_TARGET}()` };
    try {
      using prog = tryLoad({
        type: 'BPF_PROG_TYPE_TRACING',
        expectedAttachType: 'BPF_TRACE_FENTRY',
        attachBtf: { id },
        insns: returnZero,
      });
      using _attachment = attachTracing(prog);
      return yes;
    } catch (error) {
      // Some kernels refuse this to everyone, root included. Only when plain progs load is EPERM an answer.
      if (isKernelError(error, 'EPERM', 'EACCES') && loads({ insns: returnZero }).kind === 'yes') {
        return { kind: 'no', why: `the kernel refuses fentry progs: ${error.message}` };
      }
      throw error;
    }
  }

  #seesProgOnce(): FeatureAnswer {
    const trampolines = this.ask('fentry');
    const target = this.#vmlinux()?.find(FENTRY_TARGET, 'func');
    if (trampolines.kind !== 'yes' || target === undefined) return trampolines;
    return hasSingleProgFrame(target) ? yes : no('single-prog-frame');
  }

  #linksPerfEvents(): FeatureAnswer {
    using prog = tryLoad({ type: 'BPF_PROG_TYPE_TRACEPOINT', insns: returnZero });
    // No event: a kernel that knows such links misses the descriptor.
    const request = attr.linkCreateAttr.encode({
      prog_fd: prog.fd.raw,
      target_fd: 0xffff_ffff,
      attach_type: attachTypes.BPF_PERF_EVENT,
    });
    const result = bpfResult('BPF_LINK_CREATE', request);
    return result === -errnos.EBADF.number ? yes : answerTo('perf-link', -result);
  }

  #linksKprobes(feature: KernelFeature, attachType: AttachType): FeatureAnswer {
    using prog = tryLoad({
      type: 'BPF_PROG_TYPE_KPROBE',
      expectedAttachType: attachType,
      insns: returnZero,
    });
    const request = attr.linkCreateAttr.encode({
      prog_fd: prog.fd.raw,
      attach_type: attachTypes[attachType],
    });
    // A kernel that knows such links wants to read the addresses. The name of a function that is not there would do as well, but each symbol
    // of the kernel is then compared with it.
    attr.linkCreateParts.kprobe_multi.encodeInto(request, 0, { cnt: 1, addrs: NOWHERE });
    const result = bpfResult('BPF_LINK_CREATE', request);
    return result === -errnos.EFAULT.number ? yes : answerTo(feature, -result);
  }

  #linksUprobes(feature: KernelFeature, attachType: AttachType): FeatureAnswer {
    const result = linkUprobe(attachType, 0);
    // A directory is no file to probe.
    return result === -errnos.EBADF.number ? yes : answerTo(feature, -result);
  }

  /**
   * At first a multi-link with a pid saw one thread only. The kernels that were mended look at the pid before anything else, and
   * refuse one that cannot be. Source: kernel/trace/bpf_trace.c, bpf_uprobe_multi_link_attach().
   */
  #linksUprobesOfProcess(feature: KernelFeature): FeatureAnswer {
    const result = linkUprobe('BPF_TRACE_UPROBE_MULTI', 0xffff_ffff);
    if (result === -errnos.EINVAL.number) return yes;
    return result === -errnos.EBADF.number ? no(feature) : answerTo(feature, -result);
  }
}

/** Tries a uprobe multi-link on a directory, which no kernel accepts; the negative error. */
function linkUprobe(attachType: AttachType, pid: number): number {
  using prog = tryLoad({
    type: 'BPF_PROG_TYPE_KPROBE',
    expectedAttachType: attachType,
    insns: returnZero,
  });
  const path = pinText('/');
  const offsets = pinU64s([1n]);
  const request = attr.linkCreateAttr.encode({ prog_fd: prog.fd.raw, attach_type: attachTypes[attachType] });
  attr.linkCreateParts.uprobe_multi.encodeInto(request, 0, {
    path: path.address,
    offsets: offsets.address,
    cnt: 1,
    pid,
  });
  return bpfResult('BPF_LINK_CREATE', request, [path, offsets]);
}

function createsMappable(): FeatureAnswer {
  const shape = { type: 'BPF_MAP_TYPE_ARRAY', keySize: 4, valueSize: 8, maxEntries: 1 } as const;
  using _map = createMap({ name: 'probe', ...shape, flags: mapFlags.BPF_F_MMAPABLE }, 1);
  return yes;
}

interface Trial extends Partial<Pick<ProgSpec, 'type' | 'expectedAttachType' | 'attachBtf'>> {
  readonly insns: readonly Insn[];
}

/** @throws ProgLoadError */
function tryLoad(trial: Trial): Prog {
  const { insns, ...rest } = trial;
  return loadProg({
    name: 'probe',
    type: 'BPF_PROG_TYPE_RAW_TRACEPOINT',
    license: 'GPL',
    insns: encodeInsns(insns),
    ...rest,
  });
}

function loads(trial: Trial): FeatureAnswer {
  using _prog = tryLoad(trial);
  return yes;
}

/**
 * Whether progs of this type may call a helper: the prog is wrong in everything else, so what counts is what the verifier objects to.
 *
 * Its words for an unknown helper have been "invalid func" and "unknown func", and since Linux 6.11 "program of this type cannot use
 * helper" for one of other prog types.
 */
function callable(
  helper: HelperName,
  type: ProgType = 'BPF_PROG_TYPE_RAW_TRACEPOINT',
  rest: Partial<Trial> = {},
): FeatureAnswer {
  try {
    return loads({ ...rest, type, insns: [call(helper), alu64Imm('mov', R0, 0), exit()] });
  } catch (error) {
    if (!(error instanceof ProgLoadError) || error.log === '') throw error;
    if (/(?:invalid|unknown) func |cannot use helper /.test(error.log)) {
      return { kind: 'no', why: `bpf_${helper}#${helperIds[helper]}: ${error.reason}` };
    }
    return yes;
  }
}

function judge(feature: KernelFeature, error: unknown): FeatureAnswer {
  if (!(error instanceof KernelError)) throw error;
  // The verifier answers EACCES too, but then it has said why.
  const wasJudged = error instanceof ProgLoadError && error.log !== '';
  if (!wasJudged && error.is(...undecided)) return { kind: 'unknown', why: error.message };
  return { kind: 'no', why: `${no(feature).why}: ${error.message}` };
}

function answerTo(feature: KernelFeature, errno: number): FeatureAnswer {
  return judge(feature, new KernelError(`probe for ${feature} (${errnoName(errno) ?? errno})`, errno));
}

function no(feature: KernelFeature): { readonly kind: 'no'; readonly why: string } {
  const { what, since } = features[feature];
  return { kind: 'no', why: `this kernel lacks ${what} (Linux ${since})` };
}
