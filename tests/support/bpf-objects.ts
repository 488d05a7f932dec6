import { readdirSync, readFileSync } from 'node:fs';
import { type BpfObjectKind, bpfObjectIds } from '../../src/kernel/index.ts';

/** Ids of the BPF objects that somebody holds. */
export type BpfObjects = Readonly<Record<BpfObjectKind, readonly number[]>>;

const idLines = {
  prog: /^prog_id:\s*(\d+)$/m,
  map: /^map_id:\s*(\d+)$/m,
  link: /^link_id:\s*(\d+)$/m,
} as const;

/** What a process holds by descriptors. Source: /proc/PID/fdinfo, bpf_prog_show_fdinfo and its like. */
export function bpfObjectsOf(pid: number): BpfObjects {
  const ids = { prog: new Set<number>(), map: new Set<number>(), link: new Set<number>() };
  for (const name of readdirSync(`/proc/${pid}/fdinfo`)) {
    let text: string;
    try {
      text = readFileSync(`/proc/${pid}/fdinfo/${name}`, 'utf8');
    } catch {
      continue; // closed since
    }
    for (const kind of ['prog', 'map', 'link'] as const) {
      const id = idLines[kind].exec(text)?.[1];
      if (id !== undefined) ids[kind].add(Number(id));
    }
  }
  return { prog: [...ids.prog], map: [...ids.map], link: [...ids.link] };
}

/** Waits until the kernel has none of these objects any more: it frees them some time after their last descriptor. */
export async function waitUntilFreed(objects: BpfObjects, timeoutMs = 30_000): Promise<void> {
  const until = Date.now() + timeoutMs;
  for (const kind of ['link', 'prog', 'map'] as const) {
    for (;;) {
      const existing = new Set(bpfObjectIds(kind));
      const left = objects[kind].filter((id) => existing.has(id));
      if (left.length === 0) break;
      if (Date.now() > until) throw new Error(`${kind} ${left.join(', ')} is still there`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
