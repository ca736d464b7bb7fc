/**
 * The engine: fengari's core modules, loaded in the one order that works. Everything above takes them from here.
 */
import './prepare.ts';
import defs from 'fengari/src/defs.js';
import lapi from 'fengari/src/lapi.js';
import ldebug from 'fengari/src/ldebug.js';
import ldo from 'fengari/src/ldo.js';
import lfunc from 'fengari/src/lfunc.js';
import lobject from 'fengari/src/lobject.js';
import lstate from 'fengari/src/lstate.js';
import lstring from 'fengari/src/lstring.js';
import ltable from 'fengari/src/ltable.js';
import ltm from 'fengari/src/ltm.js';
// The modules import each other in circles; entered through this one they find each other complete. It is used below because
// the package claims to be free of side effects, and a bundler would drop what is not.
import lua from 'fengari/src/lua.js';
import lvm from 'fengari/src/lvm.js';
import lzio from 'fengari/src/lzio.js';

if (Object.keys(lua).length === 0) throw new Error('the Lua engine is not complete');

export { defs, lapi, ldebug, ldo, lfunc, lobject, lstate, lstring, ltable, ltm, lvm, lzio };
