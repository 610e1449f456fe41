export { hash32, normals, permutation, uniforms } from './draws.ts';
