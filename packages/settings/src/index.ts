export { withoutAddedDefaults } from './added-defaults.ts';
export { expectationOf, valueAt } from './expectation.ts';
export { readText, takesMany } from './read-text.ts';
export { fieldsOf, kindOf, type Setting, settingsOf } from './settings.ts';
export { show } from './show.ts';
