/** watchpoint: hardware breakpoints on an address. */
import { baseProbe, type Provider } from './context.ts';
import { perfEventCtx } from './timers.ts';

const lengths: readonly bigint[] = [1n, 2n, 4n, 8n];
/** Modes x86 has, letters sorted. */
const supportedModes: readonly string[] = ['x', 'w', 'rw'];

export const watchpoint: Provider = (point, context) => {
  const [addressText = '', lengthText = '', mode = ''] = point.parts;
  const address = context.integer(addressText);
  const length = context.integer(lengthText);
  const sorted = [...mode].sort().join('');
  if (address === undefined || address === 0n) {
    context.report('watchpoint-address', point.span);
    return [];
  }
  if (length === undefined || !lengths.includes(length)) {
    context.report('watchpoint-length', point.span);
    return [];
  }
  if (sorted === '' || new Set(sorted).size !== sorted.length || /[^rwx]/.test(sorted)) {
    context.report('watchpoint-mode', point.span);
    return [];
  }
  if (!supportedModes.includes(sorted)) {
    context.report('watchpoint-unsupported-mode', point.span, mode, supportedModes.join(','));
    return [];
  }
  const name = `watchpoint:${addressText}:${lengthText}:${mode}`;
  return [
    {
      ...baseProbe(point, name, 'watchpoint'),
      progType: 'BPF_PROG_TYPE_PERF_EVENT',
      ctx: perfEventCtx,
      hasRegisters: true,
      attachments: [{ kind: 'watchpoint', name, address, length: Number(length), mode: sorted }],
    },
  ];
};
