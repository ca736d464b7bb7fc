import { describe, expect, test } from 'vitest';
import { crc32c } from '../../src/bee/base/crc32c.ts';
import { blockAt, cut, edit, flip, keys, nodeFiles, pathOf, refused, upTo } from './node-files.ts';
import { World } from './world.ts';

const log = pathOf('0.xlog');
const emptyLog = pathOf('20.xlog');
const snapshot = pathOf('0.snap');
const name = './00000000000000000000.xlog';

describe('damage in a log is refused, with the place', () => {
  test('a byte of a row', () => {
    const disk = nodeFiles();
    const at = blockAt(disk, 9);
    flip(disk, log, at + 30);
    const { error, lines } = refused(disk);
    expect(error.message).toBe(`tx checksum mismatch, in ${name} at offset ${at}`);
    expect(error.words).toBe('tx checksum mismatch');
    expect(error.source).toBe('xlog.c:1747');
    expect(lines.at(-1)).toBe(`I> recover from \`${name}'`);
  });

  test('with force_recovery that block is lost and the rest is read', () => {
    const disk = nodeFiles();
    const at = blockAt(disk, 9);
    flip(disk, log, at + 30);
    const world = new World(disk, true);
    const recovered = world.recover(true);
    expect(keys(recovered)).toEqual(upTo(20).filter((id) => id !== 10));
    expect(recovered.recovery.vclock.toString()).toBe('{1: 20}');
    expect(world.lines).toContain(
      `E> can't open tx: tx checksum mismatch, in ${name} at offset ${at}`,
    );
    expect(world.lines).toContain(`I> done \`${name}'`);
  });

  test('the first bytes of a block', () => {
    const disk = nodeFiles();
    const at = blockAt(disk, 9);
    flip(disk, log, at);
    const { error } = refused(disk);
    expect(error.message).toBe(`invalid magic: 0xab0bba2a, in ${name} at offset ${at}`);
    expect(keys(new World(disk, true).recover(true))).toEqual(upTo(20).filter((id) => id !== 10));
  });

  test('the length of a block in the middle, which the real server takes for the end of the file', () => {
    const disk = nodeFiles();
    const at = blockAt(disk, 9);
    const bytes = disk.read(log).slice();
    bytes[at + 4] = 0x7f;
    disk.write(log, bytes);
    cut(disk, log, bytes.length - 4);
    // With 127 bytes announced the checksum is wrong; with more than there are, the end would pass for a torn write.
    expect(refused(disk).error.words).toBe('tx checksum mismatch');
    const long = disk.read(log).slice();
    const crc = long.slice(at + 6, at + 11);
    long.set([0xce, 0x00, 0x10, 0x00, 0x00, 0x00, ...crc, 0xa3, 0x00, 0x00, 0x00], at + 4);
    disk.write(log, long);
    expect(refused(disk).error.message).toBe(`broken fixheader length, in ${name} at offset ${at}`);
  });

  test('data after the end marker', () => {
    const disk = nodeFiles();
    const size = disk.read(log).length;
    disk.write(log, new Uint8Array([...disk.read(log), 0x67]));
    const { error } = refused(disk);
    expect(error.message).toBe(`${name}: has some data after eof marker at ${size - 4}`);
  });

  test('a row that is no row, although its checksum is right', () => {
    const disk = nodeFiles(3);
    const bytes = disk.read(log).slice();
    const at = blockAt(disk, 1);
    const end = blockAt(disk, 2);
    bytes[at + 19] = 0xc1;
    const crc = crc32c(bytes.subarray(at + 19, end));
    new DataView(bytes.buffer).setUint32(at + 7, crc);
    disk.write(log, bytes);
    expect(refused(disk).error.message).toBe(`can't parse row, in ${name} at offset ${at}`);
    const world = new World(disk, true);
    expect(keys(world.recover(true))).toEqual([0, 1, 3]);
    expect(world.lines).toContain(
      `E> can't decode row: can't parse row, in ${name} at offset ${at}`,
    );
  });

  test('a file of no bytes', () => {
    const disk = nodeFiles();
    disk.write(emptyLog, new Uint8Array(0));
    expect(refused(disk).error.message).toBe(
      "Unexpected end of file, run with 'force_recovery = true', in ./00000000000000000020.xlog",
    );
    const world = new World(disk, true);
    expect(keys(world.recover(true))).toEqual(upTo(20));
    expect(world.lines[0]).toMatch(/^E> XlogError: Unexpected end of file/);
  });

  test.each([
    ['XLOG', 'YLOG', `Invalid xlog type: expected XLOG, got YLOG, in ${name}`],
    ['0.13', '0.99', `unsupported file format version 0.99, in ${name}`],
    ['Instance: 90', 'Instance: 11', `${name}: invalid instance UUID`],
    ['Instance: 9', 'Instance: ?', `can't parse instance UUID, in ${name}`],
    ['Instance:', 'Instance?', `can't extract meta value, in ${name}`],
    ['VClock: {}', 'VClock: {x', `invalid vclock at offset 2, in ${name}`],
    ['VClock: {}', 'VClock: {1: 5}', `${name}: signature check failed`],
    ['VClock: {}\n', '', `${name}: signature check failed`],
    ['XLOG\n', 'XLOG.........\n', `failed to parse xlog type string, in ${name}`],
    ['0.13\n', '0.13000000000\n', `failed to parse xlog version string, in ${name}`],
  ])('a header with %j changed to %j', (from, to, message) => {
    const disk = nodeFiles();
    edit(disk, log, from, to);
    expect(refused(disk).error.message).toBe(message);
  });

  test('a header with a key that is not known is only warned of', () => {
    const disk = nodeFiles();
    edit(disk, log, 'Version: 2.6.0-0-g47aa4e01e', 'Colour: blue');
    const world = new World(disk);
    expect(keys(world.recover())).toEqual(upTo(20));
    expect(world.lines[0]).toBe("W> Unknown meta item: `Colour'");
  });

  test("a file whose state is neither before nor after another one's", () => {
    const disk = nodeFiles();
    disk.write(pathOf('21.xlog'), disk.read(emptyLog));
    edit(disk, pathOf('21.xlog'), 'VClock: {1: 20}', 'VClock: {1: 19, 2: 2}');
    const message = './00000000000000000021.xlog: invalid xlog order';
    expect(refused(disk).error.message).toBe(message);
    const world = new World(disk, true);
    expect(keys(world.recover(true))).toEqual(upTo(20));
    expect(world.lines).toContain(`E> XlogError: ${message}`);
  });

  test('a file that was renamed', () => {
    const disk = nodeFiles();
    disk.write(pathOf('99.xlog'), disk.read(emptyLog));
    expect(refused(disk).error.message).toBe('./00000000000000000099.xlog: signature check failed');
  });
});

describe('damage in a snapshot', () => {
  test('a byte of a row', () => {
    const disk = nodeFiles();
    flip(disk, snapshot, disk.read(snapshot).length - 10);
    expect(refused(disk).error.message).toMatch(
      /^tx checksum mismatch, in .*000000.snap at offset \d+$/,
    );
    const forced = refused(disk, true);
    expect(forced.lines.at(-1)).toMatch(/^E> can't open tx: tx checksum mismatch/);
    expect(forced.error).toMatchObject({
      isPanic: true,
      message: "snapshot `./00000000000000000000.snap' has no EOF marker",
    });
  });

  test('cut off', () => {
    const disk = nodeFiles();
    cut(disk, snapshot, disk.read(snapshot).length - 20);
    const { error } = refused(disk);
    expect(error.isPanic).toBe(true);
    expect(error.message).toBe("snapshot `./00000000000000000000.snap' has no EOF marker");
  });

  test('no bytes, another name, another version', () => {
    const disk = nodeFiles();
    disk.write(pathOf('7.snap'), new Uint8Array(0));
    expect(refused(disk).error.words).toMatch(/^Unexpected end of file/);
    disk.write(pathOf('7.snap'), disk.read(snapshot));
    expect(refused(disk).error.message).toBe('./00000000000000000007.snap: signature check failed');
    disk.files.delete(pathOf('7.snap'));
    edit(disk, snapshot, '0.13', '0.99');
    expect(refused(disk).error.words).toBe('unsupported file format version 0.99');
  });

  test('no Instance line', () => {
    const disk = nodeFiles();
    edit(disk, snapshot, 'Instance:', 'Instince:');
    expect(refused(disk).error.words).toBe("can't parse instance UUID");
  });
});
