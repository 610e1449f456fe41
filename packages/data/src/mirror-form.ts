/** Without user, password and query: histories keep mirrors' addresses, and must keep no secret. */
export const mirrorForm = /^(https?|file):\/\/(?![^/]*@)[^\s?]+$/;

/** For people: what has that form. */
export const mirrorExpected =
  'an http://, https:// or file:// address without user, password and query, as histories keep it';
