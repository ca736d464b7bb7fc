/** What `help` shows. */
export const helpText = `To get help, see the Bee manual at https://tarantool.io/en/doc/
To start the interactive Bee tutorial, type 'tutorial()' here.

Available backslash commands:

  \\set language <language>   -- set language (lua or sql)
  \\set output <format>       -- set output format (lua[,line|block] or yaml)
  \\set delimiter <delimiter> -- set expression delimiter
  \\help                      -- show this screen
  \\quit                      -- quit interactive console
`;
