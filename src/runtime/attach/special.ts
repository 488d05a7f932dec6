import { InvariantError } from '../../base/index.ts';
import type { Attached } from './attach.ts';

/** begin, end, self, test and bench are run by the tracer, never attached. */
export function attachSpecial(): Attached {
  throw new InvariantError('broken rule: probes that the tracer runs are not attached');
}
