/**
 * All lessons. Each is a folder with a `lesson.md`, turned into a module by `lesson-plugin.ts` at
 * build time; summaries are in the first bundle, a lesson is loaded when it is opened.
 */
import type { Lesson, LessonSummary } from '../src/lesson/types.ts';

const summaries = import.meta.glob<LessonSummary>('./*/lesson.md', {
  query: '?summary',
  import: 'summary',
  eager: true,
});
const bodies = import.meta.glob<Lesson>('./*/lesson.md', { import: 'lesson' });

/** What the contents list shows, in its order. */
export const lessonSummaries: readonly LessonSummary[] = Object.values(summaries).sort(
  (one, other) => one.order - other.order || (one.id < other.id ? -1 : 1),
);

/**
 * Loads one lesson.
 * @param id the name of its folder
 * @returns undefined when there is no such lesson
 */
export async function loadLesson(id: string): Promise<Lesson | undefined> {
  return await bodies[`./${id}/lesson.md`]?.();
}
