export { type ModelSlot, openModelSlot } from './model-slot.ts';
export type { ServedModel } from './served-model.ts';
export { openServer, type Server } from './server.ts';
