/** The later screens of `tutorial()`: see `tutorial-screens.ts`. */
export const laterScreens: readonly string[] = [
  `Tutorial -- Screen #11 -- The fiber module
==========================================

Make a function that will run like a daemon in the
background until you cancel it. For this you need
a fiber. Bee is a "cooperative multitasking"
application server, which means that multiple
tasks each get a slice, but they have to yield
occasionally so that other tasks get a chance.
That’s what a properly designed fiber will do.
More in the Bee manual:
https://tarantool.io/en/doc/2.1/reference/reference_lua/fiber/

Request #11 is:

fiber = require("fiber")!
gvar = 0!
function function_x()
for i=0,600,1 do
gvar = gvar + 1
fiber.sleep(1)
end
end!
fid = fiber.create(function_x)!
gvar!
-------------------------------

The fiber.sleep(1) function will go to sleep for
one second, which is one way of yielding.
So the "for i=0,600,1" loop will go on for about 600 seconds (10 minutes).
During waking moments, gvar will go up by 1 -- and
gvar is deliberately a global variable. So it’s
possible to monitor it: slowly type "gvar!" a few
times and notice how the value mysteriously increases.
`,
  `Tutorial -- Screen #12 -- The socket module
===========================================

Connect to the Internet and send a message to Bee's web-site.

Request #12 is:

function socket_get ()
local socket, sock, result
socket = require("socket")
sock = socket.tcp_connect("tarantool.io", 80)
sock:send("GET / HTTP/1.0\\r\\nHost: tarantool.io\\r\\n\\r\\n")
result = sock:read(17)
sock:close()
return result
end!
socket_get()!
--------------------------------

Briefly these requests are opening a socket
and sending a "GET" request to tarantool.io’s server.
The response will be short, for example
"- "HTTP/1.1 302 OK\\r\\n""
but it shows you’ve gotten in touch with a distant server.
More in the Bee manual:
https://tarantool.io/en/doc/2.1/reference/reference_lua/socket/
`,
  `Tutorial -- Screen #13 -- The db module
========================================

So far you’ve seen Bee in action as a
Lua application server. Henceforth you’ll see
it as a DBMS (database management system) server
-- with Lua stored procedures.

In serious situations you’d have to ask the
database administrator to create database objects
and grant read/write access to you, but here
you’re the "admin" user -- you have administrative
powers -- so you can start manipulating data immediately.
More in the Bee manual:
https://tarantool.io/en/doc/2.1/book/db/box_space/#db-space-replace

Request #13 is:

db.schema.space.create("tutor")!
db.space.tutor:create_index("primary",{})!
db.space.tutor:replace{1,"First tuple"}!
db.space.tutor:replace{2,"Second tuple"}!
db.space.tutor:replace{3,"Third tuple"}!
db.space.tutor:replace{4,"Fourth tuple"}!
db.space.tutor:replace{5,"Fifth tuple"}!
db.space.tutor!
-------------------------------------------

Please ignore all the requests except the last one.
You’ll see a description of a space named tutor.
To understand the description, you just have to know that:
** fields are numbered item-storage areas
(vaguely like columns in an SQL DBMS)
** tuples are collections of fields, as are Lua tables
(vaguely like rows in an SQL DBMS)
** spaces are where Bee stores sets of tuples
(vaguely like tables in an SQL DBMS)
** indexes are objects that make lookups of tuples faster
(vaguely like indexes in an SQL DBMS)
Much of the description doesn’t matter right now; it’s
enough if you see that module db gets a space which is
named tutor, and it has one index on the first field.
`,
  `Tutorial -- Screen #14 -- db.select()
======================================

The most common data-manipulation function is db.select().

One of the syntaxes is:
db.space.tutor.index.primary:select({1}, {iterator = "GE"})
and it returns a set of tuples via the index of the tutor
space.
Now that you know that, and considering that you already
know how to make functions and loops in Lua, it’s simple
to figure out how to search and display the first five
tuples in the database.

Request #14 is:

-- This function will select and display 5 tuples in space=tutor
function database_display (space_name)
local i
local result = ""
t = db.space[space_name].index.primary:select({1}, {iterator = "GE"})
for i=1,5,1 do
result = result .. t[i][1] .. " " .. t[i][2] .. "\\n"
end
return result
end!
database_display("tutor")!
--------------------------

So select() is returning a set of tuples into a Lua table
named t, and the loop is going to print each element of
the table. That is, when you call database_display()! you’ll
see a display of what’s in the tuples.
`,
  `Tutorial -- Screen #15 -- db.replace()
=======================================

Pick any of the tuples that were displayed on the last screen.
Recall that the first field is the indexed field.
That’s all you need to replace the rest of the fields with
new values. The syntax of db.replace(), pared down, is:
db.space.tutor:replace{primary-key-field, other-fields}
More in the Bee manual:
https://tarantool.io/en/doc/2.1/book/db/box_space/#db-space-replace
Bee by default keeps database changes in memory,
but db.replace() will cause a write to a log, and log
information can later be consolidated with another db
function (db.snapshot).

Request #15 is:

db.space.tutor:replace{1, "My First Piece Of Data"}!
-----------------------------------------------------

If there is already a "tuple" (our equivalent of a record)
whose number is equal to 1, it will be replaced with your
new data. Otherwise it will be created for the first time.
The display will be the formal description of the new tuple.
`,
  `Tutorial -- Screen #16 -- Create your own space
===============================================

You’ve now selected and replaced tuples from the
tutor space, and you could select and replace many
tuples because you know how to make variables and
functions and loops that do selecting or replacing.
But you’ve been confined to a space and an index
that Bee started with.
Suppose that you want to create your own.
More in the Bee manual:
https://tarantool.io/en/doc/2.1/book/getting_started/using_docker/#creating-a-database

Request #16 is:

db.schema.space.create("test", {engine="memtx"})!
--------------------------------------------------

The new space’s name will be "test" and the engine
will be "memtx" -- the engine which keeps all tuples
in memory, and writes changes to a log file to ensure
that data can’t be lost. Although "memtx" is the
default engine anyway, specifying it does no harm.
`,
  `Tutorial -- Screen #17 -- Create your own index
===============================================

Having a space isn’t enough -- you must have at
least one index. Indexes make access faster.
Indexes can be declared to be "unique", which
is important because some combination of the
fields must be unique, for identification purposes.
More in the Bee manual:
https://tarantool.io/en/doc/2.1/book/db/data_model/#index

Request #17 is:

db.space.test:create_index("primary",{unique = true, parts = {1, "NUM"}})!
db.space.test:create_index("secondary",{parts = {2, "STR"}})!
--------------------------------------------------------------

This means the first index will be named primary,
will be unique, will be on the first field of each
tuple, and will be numeric. The second index will
be named secondary, doesn’t have to be unique, will
be on the second field of each tuple, and will be
in order by string value.
`,
  `Tutorial -- Screen #18 -- Insert multiple tuples
================================================

In a loop, put some tuples in your new space.
Because of the index definitions, the first field
must be a number, the second field must be a string,
and the later fields can be anything.
Use a function in the Lua string library to make
values for the second field.
More in the Lua manual: http://www.lua.org/pil/20.html

Request #18 is:

for i=65,70,1 do
db.space.test:replace{i, string.char(i)}
end!
-----------------------------------------

Tip: to select the tuples later, use the function
that you created earlier: database_display("test")!
`,
  `Tutorial -- Screen #19 -- Become another user
=============================================

Remember, you’re currently "admin" -- administrator.
Now switch to being "guest", a much less powerful user.

Request #19 is:

db.session.su("guest") -- switch user to "guest"!
db.space.test:replace{100,""} -- try to add a tuple!
-----------------------------------------------------

The result will be an error message telling you that
you don’t have the privilege to do that any more.
That’s good news. It shows that Bee prevents
unauthorized users from working with databases.
But you can say db.session.su("admin")! to become
a powerful user again, because for this tutorial
the "admin" user isn’t protected by a password.
`,
  `Tutorial -- Screen #20 -- The bigger Tutorials
==============================================

You can continue to type in whatever Lua instructions,
module requires, and database-manipulations you want,
here on this screen. But to really get into Bee,
you should download it so that you can be your own
administrator and create your own permanent databases. The
Bee manual has three significant Lua tutorials:

Insert one million tuples with a Lua stored procedure,
Sum a JSON field for all tuples, and
Indexed pattern search.

See https://tarantool.io/en/doc/2.1/tutorials/lua_tutorials/

Request #20 is:

((Whatever you want. Enjoy!))

When you’re finished, don’t type <tutorial("next")!>, just wander off
and have a nice day.
`,
];
