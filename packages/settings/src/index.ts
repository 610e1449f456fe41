export { withoutAddedDefaults } from './added-defaults.ts';
export { expectationOf } from './expectation.ts';
export { fieldsOf, type Setting, settingsOf } from './settings.ts';
export { readText, takesMany } from './text.ts';
