export { cHeaders, VMLINUX } from './headers.ts';
