/** tracepoint, rawtracepoint and iter: what the kernel offers by name. */
import { hasBtfFunction, rawTracepointNames } from '../btf-functions.ts';
import { matchEvents } from '../tracepoint.ts';
import { matcher } from '../wildcard.ts';
import { type Lister, targetAndName } from './listed.ts';
import { iterParams, rawTracepointParams, tracepointParams } from './params.ts';

export const listTracepoints: Lister = ({ parts }, { target, withParams }) => {
  const { target: category, name } = targetAndName(parts);
  // The list of events has to be asked even for one event: an event named exactly may not exist.
  const known = new Set(target.tracepoints());
  return matchEvents(category ?? '*', name, target)
    .filter((event) => known.has(event))
    .map((event) => {
      const colon = event.indexOf(':');
      return {
        name: `tracepoint:${event}`,
        params: withParams ? tracepointParams(event.slice(0, colon), event.slice(colon + 1), target) : [],
      };
    });
};

export const listRawTracepoints: Lister = ({ parts, guessed }, { target, withParams, warn }) => {
  const { target: module, name } = targetAndName(parts);
  if (!target.btf()) {
    if (!guessed) warn("rawtracepoints require kernel BTF. Try using a 'tracepoint' instead.");
    return [];
  }
  const isMatch = matcher(name);
  return rawTracepointNames(target, module ?? '*')
    .filter((event) => isMatch(event.name))
    .map((event) => ({
      name: `rawtracepoint:${event.module ?? 'vmlinux'}:${event.name}`,
      params: withParams ? rawTracepointParams(event.name, event.module, target) : [],
    }));
};

/** The context type of each iterator, and variants of it that the verifier alone uses. */
const ctxPrefix = 'bpf_iter__';
const verifierSuffix = '__safe_trusted';

export const listIterators: Lister = ({ parts, guessed }, { target, withParams, warn }) => {
  const btf = target.btf();
  const [pattern = '', ...others] = parts;
  if (others.some((part) => part !== '')) return [];
  if (!btf || !target.has('iter')) {
    if (!guessed) warn(btf ? 'this kernel refuses BPF iterators' : 'iter needs the kernel BTF');
    return [];
  }
  const isMatch = matcher(pattern || '*');
  return [...btf.idsOfKind('struct')]
    .map((id) => btf.nameOf(id))
    .filter((name) => name.startsWith(ctxPrefix) && !name.endsWith(verifierSuffix))
    .map((name) => name.slice(ctxPrefix.length))
    .filter((name) => isMatch(name) && hasBtfFunction(target, `bpf_iter_${name}`))
    .map((name) => ({ name: `iter:${name}`, params: withParams ? iterParams(name, target) : [] }));
};
