export { type Answerer, openAnswerer } from './answerer.ts';
export { answerParent } from './answering-child.ts';
export { type ParentLink, serveParent } from './child.ts';
export { runChild } from './run-child.ts';
