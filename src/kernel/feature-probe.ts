/**
 * Asks the running kernel what it can do: each question loads (or attaches) the smallest object that needs the feature.
 *
 * Errors that speak of privileges or memory answer nothing and are asked again next time; clear answers are kept by the FeatureProbe.
 */

import { existsSync } from 'node:fs';
import { errnos, unreachable } from '../base/index.ts';
import {
  alu64Imm,
  callKfunc,
  exit,
  type HelperName,
  type Insn,
  jumpImm,
  ldMapValue,
  load,
  mapFlags,
  mapTypes,
  movsx64,
  type ProgType,
  R0,
  R1,
} from '../bpf/index.ts';
import type { Btf } from '../btf/index.ts';
import { bpfResult } from './bpf-call.ts';
import { judge, judgeErrno, no, yes } from './feature-answer.ts';
import { type FeatureAnswer, features, hasColumn, type KernelFeature } from './feature-table.ts';
import { createMap } from './map.ts';
import { pmuType } from './perf-pmu.ts';
import { ProgLoadError } from './prog.ts';
import { hasSingleProgFrame } from './prog-frames.ts';
import { SymbolNames } from './symbol-names.ts';
import { attr, isKernelError } from './sys/index.ts';
import { attachTracing } from './tracing.ts';
import { linksKprobes, linksPerfEvents, linksUprobes, linksUprobesOfProcess } from './trial-links.ts';
import { callable, loads, returnZero, type Trial, tryLoad } from './trial-prog.ts';
import { modulesWithBtf } from './vmlinux-btf.ts';

/** Does nothing and is called by nobody but BPF self-tests: what a trampoline can be tried on. Source: net/bpf/test_run.c. */
const FENTRY_TARGET = 'bpf_fentry_test1';

/** Questions to the running kernel, with the clear answers so far. */
export class FeatureProbe {
  readonly #answers = new Map<KernelFeature, FeatureAnswer>();
  readonly #vmlinux: () => Btf | undefined;

  /** @param vmlinux the running kernel's BTF, asked for only when a question needs it. */
  constructor(vmlinux: () => Btf | undefined) {
    this.#vmlinux = vmlinux;
  }

  /** What the kernel says of a feature. It is asked again after an answer that was not clear. */
  ask(feature: KernelFeature): FeatureAnswer {
    const known = this.#answers.get(feature);
    if (known !== undefined) return known;
    const answer = this.#isImplied(feature) ? yes : this.#probe(feature);
    if (answer.kind !== 'unknown') this.#answers.set(feature, answer);
    return answer;
  }

  /** By what is known already. */
  #isImplied(feature: KernelFeature): boolean {
    const row = features[feature];
    return 'impliedBy' in row && row.impliedBy.some((other) => this.#answers.get(other)?.kind === 'yes');
  }

  /** Whether the kernel clearly has it. */
  has(feature: KernelFeature): boolean {
    return this.ask(feature).kind === 'yes';
  }

  /**
   * Whether progs of a type may call a kfunc: one is loaded that calls it, and what counts is what the verifier objects to.
   *
   * @throws ProgLoadError when the verifier did not get to look at it.
   */
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
    if (hasColumn(feature, 'helper')) return callable(features[feature].helper);
    if (hasColumn(feature, 'kprobeHelper'))
      return callable(features[feature].kprobeHelper, 'BPF_PROG_TYPE_KPROBE');
    if (hasColumn(feature, 'kfunc')) return this.#hasFunction(features[feature].kfunc);
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
      case 'get-func-ret':
        return this.#callableAtReturn('get_func_ret');
      case 'mappable-arrays':
        return createsMappable();
      case 'cgrp-storage':
        return limitsCgroupValues(feature);
      case 'd-path':
        return this.#callableInIterator('d_path');
      case 'kprobe':
        return pmuType('kprobe') === undefined ? no(feature) : yes;
      case 'uprobe':
        return pmuType('uprobe') === undefined ? no(feature) : yes;
      case 'uprobe-refcount':
        return existsSync('/sys/bus/event_source/devices/uprobe/format/ref_ctr_offset') ? yes : no(feature);
      case 'kprobe-multi':
        return linksKprobes(feature, 'BPF_TRACE_KPROBE_MULTI');
      case 'kprobe-session':
        return linksKprobes(feature, 'BPF_TRACE_KPROBE_SESSION');
      case 'uprobe-multi':
        return linksUprobes(feature, 'BPF_TRACE_UPROBE_MULTI');
      case 'uprobe-multi-pid':
        // A kernel that knows no such links refuses their pid in the same words.
        if (!this.has('uprobe-multi')) return no(feature);
        return linksUprobesOfProcess(feature);
      case 'uprobe-session':
        return linksUprobes(feature, 'BPF_TRACE_UPROBE_SESSION');
      case 'fentry':
        return this.#attachesTrampoline();
      case 'single-prog-frame':
        return this.#seesProgOnce();
      case 'iter':
        return this.#loadsIterator(returnZero);
      case 'symbol-index':
        // The kernel does not show it; it came with the same release.
        return this.ask('cgrp-storage');
      case 'symbol-names': {
        using _names = new SymbolNames();
        return yes;
      }
      case 'perf-link':
        return linksPerfEvents();
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
    return result === 0 || result === -errnos.EFAULT.number ? yes : judgeErrno('map-batch', -result);
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
}

function createsMappable(): FeatureAnswer {
  const shape = { type: 'BPF_MAP_TYPE_ARRAY', keySize: 4, valueSize: 8, maxEntries: 1 } as const;
  using _map = createMap({ name: 'probe', ...shape, flags: mapFlags.BPF_F_MMAPABLE }, 1);
  return yes;
}

/**
 * What belongs to a cgroup may not be as large as this, which only a kernel says that has such maps. Nothing is made or verified.
 * Source: kernel/bpf/bpf_local_storage.c, bpf_local_storage_map_alloc_check().
 */
function limitsCgroupValues(feature: KernelFeature): FeatureAnswer {
  const request = attr.mapCreateAttr.encode({
    map_type: mapTypes.BPF_MAP_TYPE_CGRP_STORAGE,
    key_size: 4,
    value_size: 1 << 16,
    map_flags: mapFlags.BPF_F_NO_PREALLOC,
    btf_key_type_id: 1,
    btf_value_type_id: 1,
  });
  const result = bpfResult('BPF_MAP_CREATE', request);
  return result === -errnos.E2BIG.number ? yes : judgeErrno(feature, -result);
}
