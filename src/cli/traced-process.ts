import { signalName } from '../base/index.ts';
import {
  ChildError,
  HeldChild,
  loadEmbedded,
  ProcessWatch,
  ProcessWatchError,
  type TracedChild,
  type TracedRoot,
} from '../runtime/index.ts';
import type { Options } from './options.ts';
import { parsePid } from './target-pid.ts';

/** The process that a run is about: the child of -c, the process of -p, or none. */
export type TracedProcess =
  | { readonly kind: 'none' }
  | { readonly kind: 'child'; readonly child: HeldChild | TracedChild }
  | { readonly kind: 'pid'; readonly watch: ProcessWatch };

export type OpenedProcess =
  /** `close` ends a child that still runs, and leaves a process of -p alone. */
  | { readonly ok: true; readonly traced: TracedProcess; readonly close: () => Promise<void> }
  | { readonly ok: false; readonly message: string };

/** Starts the command, held, or begins to watch the process. What is wrong with either is a message. */
export async function openTracedProcess(
  options: Pick<Options, 'pid' | 'command' | 'backend'>,
): Promise<OpenedProcess> {
  const { command, backend } = options;
  const isWanted = command !== undefined || options.pid !== undefined;
  if (isWanted && process.platform !== 'linux')
    return { ok: false, message: `Processes can be traced on Linux only; this is ${process.platform}.` };
  try {
    if (command !== undefined) {
      const child =
        backend === 'embedded'
          ? await (await loadEmbedded()).TracedChild.start(command)
          : new HeldChild(command);
      return opened({ kind: 'child', child });
    }
    if (options.pid === undefined) return opened({ kind: 'none' });
    const parsed = parsePid(options.pid);
    if (!parsed.ok) return { ok: false, message: parsed.message };
    return opened({ kind: 'pid', watch: new ProcessWatch(parsed.pid) });
  } catch (error) {
    if (error instanceof ChildError || error instanceof ProcessWatchError) {
      return { ok: false, message: error.message };
    }
    throw error;
  }
}

/**
 * It is let go as well when this process exits before `close`, by a fault of ours: the command would run on without anybody who ends it, and a
 * process that exits waits for its threads, of which the one that watches may have a minute to go.
 */
function opened(traced: TracedProcess): OpenedProcess {
  const letGo = (): void => {
    if (traced.kind === 'child') traced.child[Symbol.dispose]();
    else if (traced.kind === 'pid') traced.watch[Symbol.dispose]();
  };
  process.on('exit', letGo);
  const close = async (): Promise<void> => {
    if (traced.kind === 'child') await traced.child.terminate();
    letGo();
    process.off('exit', letGo);
  };
  return { ok: true, traced, close };
}

/** What the embedded backend traces; undefined for none. */
export function rootOf(traced: TracedProcess): TracedRoot | undefined {
  switch (traced.kind) {
    case 'none':
      return undefined;
    case 'child': {
      const { child } = traced;
      if (child.kind !== 'traced') return undefined;
      const onEnd: TracedRoot['onEnd'] = ({ code, signal }) =>
        child.noteEnd({ code, signal: signal === undefined ? undefined : signalName(signal) });
      return { pid: child.pid, kind: 'child', onEnd };
    }
    case 'pid':
      return { pid: traced.watch.pid, kind: 'other' };
  }
}

/** Its pid; undefined for none. */
export function pidOf(traced: TracedProcess): number | undefined {
  switch (traced.kind) {
    case 'none':
      return undefined;
    case 'child':
      return traced.child.pid;
    case 'pid':
      return traced.watch.pid;
  }
}

/** Resolves when it has ended; never for none. */
export async function endOf(traced: TracedProcess): Promise<void> {
  switch (traced.kind) {
    case 'none':
      return new Promise(() => undefined);
    case 'child':
      await traced.child.ended;
      return;
    case 'pid':
      return traced.watch.ended;
  }
}

/** The command of -c. */
export function childPidOf(traced: TracedProcess): number | undefined {
  return traced.kind === 'child' ? traced.child.pid : undefined;
}
