/** usdt: static probes of user programs (section 2.9). */
import type { Provider } from './context.ts';

export const usdt: Provider = (point, context) => {
  context.unavailable(point, 'usdt probes are not supported yet');
  return [];
};
