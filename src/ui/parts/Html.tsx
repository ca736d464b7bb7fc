/** HTML that was made at build time from a lesson's Markdown; `lesson/html.ts` lets nothing through but text in known tags. */
export function Html({ html, className }: { readonly html: string; readonly className: string }) {
  // biome-ignore lint/security/noDangerouslySetInnerHtml: made by lesson/html.ts, which escapes all text
  return <div className={className} dangerouslySetInnerHTML={{ __html: html }} />;
}

/** The same for code, whose blanks count. */
export function CodeHtml({ html }: { readonly html: string }) {
  return (
    <pre className="code">
      {/* biome-ignore lint/security/noDangerouslySetInnerHtml: made by lesson/highlight.ts, which escapes all text */}
      <code dangerouslySetInnerHTML={{ __html: html }} />
    </pre>
  );
}
