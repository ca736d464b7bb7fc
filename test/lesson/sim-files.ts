/** The simulated world's files, as the shell and the lessons ask for them. */
import type { FoundFile } from '../../src/lesson/index.ts';
import type { FileRequest } from '../../src/shell/file-system.ts';
import type { SimFileSystem } from '../../src/sim/index.ts';

/** Answers a shell's request at once. */
export function answerFileRequest(files: SimFileSystem, request: FileRequest): unknown {
  switch (request.op) {
    case 'stat':
      return files.stat(request.path);
    case 'list':
      return files.list(request.path);
    case 'mkdir':
      return files.mkdir(request.path);
    case 'rmdir':
      return files.rmdir(request.path);
    case 'unlink':
      return files.unlink(request.path);
    case 'rename':
      return files.rename(request.from, request.to);
    case 'read': {
      const opened = files.open(request.path, 'read');
      return opened.ok ? { ok: true, value: opened.value.read(0, opened.value.size) } : opened;
    }
    case 'touch':
      return files.open(request.path, 'append');
    case 'write': {
      const opened = files.open(request.path, request.how === 'append' ? 'append' : 'truncate');
      if (opened.ok) opened.value.append(request.bytes);
      return opened;
    }
  }
}

/** Finds files by a path from `~` or `/`, with `*` in its last part. */
export function findFiles(files: SimFileSystem, home: string, pattern: string): FoundFile[] {
  const path = pattern.replace(/^~/, home);
  const folder = path.slice(0, path.lastIndexOf('/'));
  const name = path.slice(folder.length + 1);
  const matcher = new RegExp(`^${name.split('*').map(literally).join('.*')}$`);
  const listed = files.list(folder);
  if (!listed.ok) return [];
  return listed.value
    .filter((entry) => matcher.test(entry.name))
    .map(({ name: found, kind, size }) => ({ path: `${folder}/${found}`, kind, size }));
}

function literally(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
}
