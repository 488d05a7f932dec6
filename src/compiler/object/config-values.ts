/**
 * How the kernel was configured, as C asks for it:
 *
 *     extern int CONFIG_HZ __kconfig;                       a number
 *     extern bool CONFIG_SMP __kconfig;                     y; not set is left out of the configuration
 *     extern enum libbpf_tristate CONFIG_BTRFS __kconfig;   y, m
 *     extern const char CONFIG_LSM[64] __kconfig __weak;    a text; __weak: zero where there is no such option
 *
 * Each option that code uses gets a place in one frozen array, so that the verifier knows the values.
 *
 * Source: tools/lib/bpf/libbpf.c, set_kcfg_value_* and bpf_object__resolve_externs.
 */
import { ByteWriter, encodeText, viewOf } from '../../base/index.ts';
import { mapFlags } from '../../bpf/index.ts';
import type { Btf, BtfId } from '../../btf/index.ts';
import type { BpfMapSpec, KernelConfig } from '../../program/index.ts';
import { ObjectError } from './object-error.ts';

export interface ConfigSources {
  config(): KernelConfig | undefined;
  /** Whether attachments can have cookies, and system calls take their registers: what libbpf tells in the same way. */
  hasCookies(): boolean;
  hasSyscallWrappers(): boolean;
}

/** enum libbpf_tristate. Source: tools/lib/bpf/bpf_helpers.h. */
const tristate: Readonly<Record<string, bigint>> = { n: 0n, y: 1n, m: 2n };
const MAX_ALIGN = 8;

export class ConfigValues {
  readonly #btf: Btf;
  readonly #sources: ConfigSources;
  readonly #offsets = new Map<string, number>();
  readonly #bytes = new ByteWriter();

  constructor(btf: Btf, sources: ConfigSources) {
    this.#btf = btf;
    this.#sources = sources;
  }

  /** The place of an option's value in the array. @throws ObjectError when there is no such value, or it is none of the type. */
  offsetOf(name: string, type: BtfId, isWeak: boolean): number {
    const known = this.#offsets.get(name);
    if (known !== undefined) return known;
    const size = this.#btf.sizeOf(type);
    if (size === undefined) throw new ObjectError(`it asks for ${name} without saying its size`);
    const text = this.#textOf(name, isWeak);
    const value = text === undefined ? new Uint8Array(size) : this.#valueOf(name, text, type, size);
    const offset = this.#bytes.alignTo(MAX_ALIGN).length;
    this.#bytes.bytes(value);
    this.#offsets.set(name, offset);
    return offset;
  }

  /** The array; undefined when no code asks. */
  finish(): BpfMapSpec | undefined {
    const initial = this.#bytes.finish();
    if (initial.length === 0) return undefined;
    return {
      name: '.kconfig',
      type: 'BPF_MAP_TYPE_ARRAY',
      keySize: 4,
      valueSize: initial.length,
      maxEntries: 1,
      flags: mapFlags.BPF_F_RDONLY_PROG,
      initial,
      frozen: true,
      role: 'other',
    };
  }

  /** As it would stand in the configuration. */
  #textOf(name: string, isWeak: boolean): string | undefined {
    const yes = (is: boolean): string | undefined => (is ? 'y' : undefined);
    if (name === 'LINUX_HAS_BPF_COOKIE') return yes(this.#sources.hasCookies()) ?? 'n';
    if (name === 'LINUX_HAS_SYSCALL_WRAPPER') return yes(this.#sources.hasSyscallWrappers()) ?? 'n';
    const config = this.#sources.config();
    if (name === 'LINUX_KERNEL_VERSION' && config !== undefined) return String(config.version);
    const text = config?.options?.get(name);
    if (text !== undefined || isWeak) return text;
    throw new ObjectError(
      config?.options === undefined
        ? `it asks for ${name}, and how this kernel was configured cannot be read (/boot/config-*, /proc/config.gz)`
        : `it asks for ${name}, which the configuration of this kernel does not set: __weak would make it 0`,
    );
  }

  #valueOf(name: string, text: string, id: BtfId, size: number): Uint8Array {
    const refuse = (): never => {
      throw new ObjectError(`it asks for ${name} as a type that does not hold its value, ${text}`);
    };
    const type = this.#btf.resolved(id);
    if (type.kind === 'array') {
      const element = this.#btf.resolved(type.type);
      const isText = element.kind === 'int' && element.size === 1 && text.startsWith('"');
      return isText ? textBytes(text, size) : refuse();
    }
    const letter = tristate[text];
    if (type.kind === 'enum') return letter === undefined ? refuse() : intBytes(letter, size);
    if (type.kind !== 'int' || size > 8) return refuse();
    if (type.bool) return letter === undefined || letter > 1n ? refuse() : intBytes(letter, size);
    if (letter !== undefined) {
      // A character; libbpf's own questions may be numbers as well.
      if (size === 1) return intBytes(BigInt(text.charCodeAt(0)), size);
      return name.startsWith('LINUX_') ? intBytes(letter, size) : refuse();
    }
    if (!/^-?(?:0[xX][0-9a-fA-F]+|\d+)$/.test(text)) return refuse();
    const value = text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
    const bits = BigInt(size * 8);
    const [least, most] = type.signed ? [-(1n << (bits - 1n)), 1n << (bits - 1n)] : [0n, 1n << bits];
    return value < least || value >= most ? refuse() : intBytes(value, size);
  }
}

function intBytes(value: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(8);
  viewOf(bytes).setBigUint64(0, BigInt.asUintN(64, value), true);
  return bytes.slice(0, size);
}

/** Without its quotes, cut where there is no room for it and a NUL. */
function textBytes(text: string, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set(encodeText(text.slice(1, -1)).subarray(0, size - 1));
  return bytes;
}
