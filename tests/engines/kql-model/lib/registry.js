'use strict';
// The tables of functions by name; each room that knows functions adds its own.
// `functions`: (compiled arguments) => expression. `aggregates`: see aggregates.js. `windows`: see windows.js.
module.exports = { functions: new Map(), aggregates: new Map(), windows: new Map() };
