import { ptrace, ptraceEvents, SIGTRAP, type TraceeStatus, yieldProcessor } from '../../kernel/index.ts';
import type { Breakpoints } from './breakpoints.ts';
import { Tracee, type TraceeTools } from './tracee.ts';
import type { TraceeStops } from './tracee-stops.ts';

/** How long threads are given to stop when tracing ends. */
const DETACH_MS = 500;

/**
 * Lets all threads go. Those that do not stop in time stay attached until this process ends.
 *
 * @param onEnd told of threads that end instead
 */
export function releaseTracees(
  stops: TraceeStops,
  breakpoints: Breakpoints,
  tools: TraceeTools,
  onEnd: (tracee: Tracee, status: TraceeStatus & { readonly kind: 'exited' | 'killed' }) => void,
): void {
  const letGo = (tracee: Tracee, status: TraceeStatus): void => {
    if (status.kind !== 'exited' && status.kind !== 'killed' && !breakpoints.isEmpty) {
      breakpoints.remove(tracee);
      const isTrap = status.kind === 'signal' && status.signal === SIGTRAP;
      const isOn = breakpoints.isOn(tracee, isTrap);
      if (isOn && isTrap) {
        ptrace('PTRACE_DETACH', tracee.tid);
        stops.forget(tracee);
        return;
      }
      // It ran onto one, and the signal that says so is still on its way.
      if (isOn && status.kind === 'event') {
        ptrace('PTRACE_CONT', tracee.tid);
        return;
      }
    }
    if (status.kind === 'event' && newThreadEvents.has(status.event)) {
      const tid = tools.questions.eventMessage(tracee.tid);
      if (!stops.has(tid)) {
        const child = new Tracee(tid, false, tools);
        child.space = child.pid === tracee.pid ? tracee.space : tracee.space.copy();
        stops.add(child);
      }
    }
    if (status.kind === 'exited' || status.kind === 'killed') onEnd(tracee, status);
    else ptrace('PTRACE_DETACH', tracee.tid, 0, status.kind === 'signal' ? status.signal : 0);
    stops.forget(tracee);
  };

  stops.interruptAll();
  for (const tid of stops.earlyThreads()) {
    stops.takeEarly(tid);
    ptrace('PTRACE_DETACH', tid);
  }
  const start = performance.now();
  for (const [tracee, status] of stops.takeDeferred()) letGo(tracee, status);
  while (stops.size > 0 && performance.now() - start < DETACH_MS) {
    const stopped = stops.collect(false);
    for (const [tracee, status] of stopped) letGo(tracee, status);
    if (stopped.length === 0) yieldProcessor();
  }
  for (const tracee of stops.all()) stops.forget(tracee);
}

const newThreadEvents: ReadonlySet<number> = new Set([
  ptraceEvents.PTRACE_EVENT_FORK,
  ptraceEvents.PTRACE_EVENT_VFORK,
  ptraceEvents.PTRACE_EVENT_CLONE,
]);
