/** iter: progs the kernel runs once per object of a kind. */
import { pointerTo } from '../../types/index.ts';
import { hasBtfFunction } from './btf-functions.ts';
import { baseProbe, type Provider } from './context.ts';
import { hasWildcard } from './wildcard.ts';

export const iter: Provider = (point, context) => {
  const [iterator = '', pin] = point.parts;
  if (hasWildcard(iterator)) {
    if (!point.guessed) context.report('counter-wildcard', point.span, 'iter');
    return [];
  }
  if (!context.target.btf()) {
    context.unavailable(point, "iter needs the kernel's BTF, and there is none");
    return [];
  }
  if (!hasBtfFunction(context.target, `bpf_iter_${iterator}`)) {
    context.unavailable(point, `iter ${iterator} not available for your kernel version.`);
    return [];
  }
  const name = `iter:${iterator}${pin === undefined ? '' : `:${pin}`}`;
  return [
    {
      ...baseProbe(point, name, 'iter'),
      progType: 'BPF_PROG_TYPE_TRACING',
      expectedAttachType: 'BPF_TRACE_ITER',
      attachBtf: { kind: 'func', name: `bpf_iter_${iterator}` },
      space: 'kernel',
      ctx: {
        ...pointerTo({ kind: 'struct', name: `struct bpf_iter__${iterator}` }, 'kernel'),
        trusted: true,
      },
      attachments: [{ kind: 'iter', name, iterator, ...(pin === undefined ? {} : { pin: pinPath(pin) }) }],
    },
  ];
};

/** Files of pinned objects are on bpffs. */
function pinPath(pin: string): string {
  return pin.startsWith('/') ? pin : `/sys/fs/bpf/${pin}`;
}
