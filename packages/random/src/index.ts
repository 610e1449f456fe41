export { normals, permutation, uniforms } from './draws.ts';
export { hash32 } from './hash.ts';
