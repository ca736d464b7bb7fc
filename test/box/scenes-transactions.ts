import { hex, type Scene, type Step } from './scene.ts';

/** What a transaction takes back, and sequences. */
export function transactionScenes(): Scene[] {
  return [
    { name: 'transactions and savepoints', steps: transactions() },
    { name: 'changes of the schema are taken back', steps: schemaChanges() },
    { name: 'sequences', steps: sequences() },
    { name: 'sequences that fill a field', steps: attached() },
  ];
}

const look: Step = ['select', 't', 0, 'ALL', hex(), 0, 100];

const two: readonly Step[] = [
  ['space', 't', {}],
  ['index', 't', 'pk', {}],
  ['index', 't', 'sk', { parts: [2, 'unsigned'] }],
  ['insert', 't', hex(1, 1)],
  ['insert', 't', hex(2, 2)],
];

const lookTwice: readonly Step[] = [look, ['select', 't', 1, 'ALL', hex(), 0, 100]];

function transactions(): Step[] {
  return [
    ...two,
    ['begin'],
    ['begin'],
    ['rollback'],
    ['rollback'],
    ['commit'],
    ['savepoint', 'none'],
    ['begin'],
    ['insert', 't', hex(3, 3)],
    ['insert', 't', hex(3, 4)],
    ['insert', 't', hex(4, 3)],
    ['insert', 't', hex(4, 4)],
    ['commit'],
    ...lookTwice,
    ['begin'],
    ['insert', 't', hex(5, 5)],
    ['savepoint', 'first'],
    ['insert', 't', hex(6, 6)],
    ['savepoint', 'second'],
    ['replace', 't', hex(1, 100)],
    ['rollbackTo', 'first'],
    ...lookTwice,
    ['rollbackTo', 'second'],
    ['insert', 't', hex(7, 7)],
    ['commit'],
    ...lookTwice,
    ['rollbackTo', 'first'],
    ['begin'],
    ['rollbackTo', 'first'],
    ['delete', 't', 0, hex(1)],
    ['replace', 't', hex(2, 200)],
    ['update', 't', 1, hex(200), hex(['=', 2, 201]), 1],
    ['upsert', 't', hex(9, 9), hex(), 1],
    ...lookTwice,
    ['rollback'],
    ...lookTwice,
  ];
}

function schemaChanges(): Step[] {
  const taken = (...steps: Step[]): Step[] => [
    ['begin'],
    ...steps,
    ['rollback'],
    ...lookTwice,
    ['count', '_space', 0, 'GE', hex(512)],
    ['count', '_index', 0, 'GE', hex(512)],
    ['insert', 't', hex(1, 50)],
    ['insert', 't', hex(50, 1)],
  ];
  return [
    ...two,
    ...taken(['space', 'q', {}], ['index', 'q', 'pk', {}], ['insert', 'q', hex(1)]),
    ...taken(
      ['index', 't', 'new', { parts: [2, 'unsigned', 1, 'unsigned'] }],
      ['insert', 't', hex(60, 60)],
    ),
    ...taken(['dropIndex', 't', 1], ['insert', 't', hex(90, 1)]),
    ...taken(
      ['truncate', 't'],
      ['insert', 't', hex(5, 5)],
      ['truncate', 't'],
      ['insert', 't', hex(1, 7)],
    ),
    ...taken(['drop', 't']),
    ...taken(['renameSpace', 't', 'tt'], ['insert', 'tt', hex(5, 5)]),
    ...taken(
      [
        'format',
        't',
        [
          ['a', 'unsigned'],
          ['b', 'unsigned'],
        ],
      ],
      ['insert', 't', hex(8, 'x')],
    ),
    ...taken(['alter', 't', 1, { parts: [1, 'unsigned'] }], ['replace', 't', hex(1, 2)]),
    ...taken(['insert', 't', hex(60, 60)], ['index', 't', 'new', { parts: [1, 'unsigned'] }]),
    ...taken(['insert', 't', hex(60, 60)], ['format', 't', [['a', 'unsigned']]]),
    ...taken(['user', 'u', {}], ['grant', 'u', 'read', 'space', 't'], ['role', 'r', {}]),
    ['info', 'u'],
    ...taken(['sequence', 's', {}], ['next', 's']),
    ['sequence', 's', {}],
    ...taken(['next', 's'], ['dropSequence', 's']),
    ['next', 's'],
    ...taken(['func', 'f', {}]),
    ['dropFunc', 'f'],
    ['begin'],
    ['space', 'q', {}],
    ['index', 'q', 'pk', {}],
    ['insert', 'q', hex(1)],
    ['savepoint', 'a'],
    ['index', 'q', 'two', { parts: [1, 'unsigned'] }],
    ['truncate', 'q'],
    ['rollbackTo', 'a'],
    ['insert', 'q', hex(2)],
    ['commit'],
    ['select', 'q', 0, 'ALL', hex(), 0, 10],
  ];
}

function sequences(): Step[] {
  const options: readonly unknown[] = [
    { step: 0 },
    { min: 5, max: 1 },
    { start: 0 },
    { start: 5, max: 4 },
    { cache: -1 },
    { cycle: 1 },
    { foo: 1 },
    { step: 'a' },
    { min: 1, max: 3, start: 2 },
    { start: 5, step: -2, min: 1, max: 5 },
    { min: 1, max: 3, cycle: true },
  ];
  return [
    ...options.map((option, at): Step => ['sequence', `s${at}`, option]),
    ['sequence', 's8', {}],
    ['sequence', 's8', { if_not_exists: true }],
    ...['s8', 's9', 's10'].flatMap((name): Step[] => [
      ['current', name],
      ['next', name],
      ['next', name],
      ['next', name],
      ['next', name],
      ['next', name],
      ['current', name],
      ['set', name, 2],
      ['next', name],
      ['reset', name],
      ['current', name],
      ['next', name],
    ]),
    ['alterSequence', 's8', { cycle: true }],
    ['next', 's8'],
    ['alterSequence', 's8', { min: 2, start: 1 }],
    ['alterSequence', 's8', { step: -1 }],
    ['next', 's8'],
    ['next', 's8'],
    ['alterSequence', 's8', { foo: 1 }],
    ['alterSequence', 'nope', {}],
    ['dropSequence', 'nope'],
    ['select', '_sequence', 0, 'ALL', hex(), 0, 10],
    ['select', '_sequence_data', 0, 'ALL', hex(), 0, 10],
    ['dropSequence', 's8'],
    ['select', '_sequence_data', 0, 'ALL', hex(), 0, 10],
  ];
}

function attached(): Step[] {
  return [
    ['space', 't', {}],
    ['index', 't', 'pk', { sequence: true }],
    ['insert', 't', hex(null, 1)],
    ['insert', 't', hex(null, 1)],
    ['insert', 't', hex(10, 1)],
    ['insert', 't', hex(null, 1)],
    ['replace', 't', hex(5, 1)],
    ['insert', 't', hex(null)],
    ['insert', 't', hex()],
    look,
    ['current', 't_seq'],
    ['dropSequence', 't_seq'],
    ['truncate', 't'],
    ['insert', 't', hex(null, 1)],
    ['dropIndex', 't', 0],
    ['sequence', 's', {}],
    ['alter', 't', 0, { sequence: 's' }],
    ['insert', 't', hex(null, 1)],
    ['dropSequence', 's'],
    ['alter', 't', 0, { sequence: 'nope' }],
    ['alter', 't', 0, { sequence: { id: 's', field: 2 } }],
    ['alter', 't', 0, { parts: [1, 'string'] }],
    ['alter', 't', 0, { sequence: false }],
    ['insert', 't', hex(null, 1)],
    ['select', '_space_sequence', 0, 'ALL', hex(), 0, 10],
    ['drop', 't'],
    ['space', 't', {}],
    ['index', 't', 'pk', { parts: [1, 'string'], sequence: true }],
    ['index', 't', 'pk', { parts: [1, 'string', 2, 'integer'], sequence: { field: 2 } }],
    ['insert', 't', hex('a', null)],
    ['insert', 't', hex('a')],
    ['dropIndex', 't', 0],
    ['index', 't', 'pk', { parts: [{ field: 1, type: 'integer', path: 'a.b' }], sequence: true }],
    ['insert', 't', hex({ a: { b: null } })],
    ['insert', 't', hex({ a: {} })],
    ['insert', 't', hex({ a: { b: null, c: 1 }, d: 2 })],
    ['select', '_space_sequence', 0, 'ALL', hex(), 0, 10],
  ];
}
