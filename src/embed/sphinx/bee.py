"""A Sphinx directive for live Bee terminals: ``.. bee::``.

Put this file beside ``conf.py`` (or onto Python's path), then in ``conf.py``::

    extensions = ['bee']
    bee_host = 'https://your.host/bee/'

A page then puts the directive around what it would say anyway. The code blocks in it are the program::

    .. bee::
       :cluster:

       Start a master:

       .. code-block:: bash

          # Terminal 1
          bee
          db.cfg{listen=3301}

A block is for Terminal #1 unless its first line, ``# Terminal 2`` or ``-- Terminal 2``, says otherwise; one with the class
``bee-output`` is only read. The options are the attributes of ``<bee-lab>``: lesson, step, terminals, height, theme, session,
autorun, cluster, and name, its id. Only pages that use the directive load anything, and then one script of 1 kB. Builders other
than HTML write what stands in it as if the directive were not there.
"""

from html import escape

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.errors import ConfigError
from sphinx.util.docutils import SphinxDirective


class lab(nodes.General, nodes.Element):
    """A ``<bee-lab>``, around its text and code blocks."""


def theme(argument):
    return directives.choice(argument, ('page', 'light', 'dark'))


def session(argument):
    return directives.choice(argument, ('throw-away', 'kept'))


class Bee(SphinxDirective):
    """``.. bee::``: a program between text, or a lesson."""

    has_content = True
    option_spec = {
        'lesson': directives.unchanged_required,
        'step': directives.unchanged_required,
        'terminals': directives.positive_int,
        'height': directives.positive_int,
        'theme': theme,
        'session': session,
        'autorun': directives.flag,
        'cluster': directives.flag,
        'name': directives.unchanged_required,
    }

    def run(self):
        if 'step' in self.options and 'lesson' not in self.options:
            raise self.error('bee: a step needs the lesson that it is of')
        node = lab()
        node['attributes'] = {
            'id' if name == 'name' else name: '' if value is None else str(value)
            for name, value in self.options.items()
        }
        self.state.nested_parse(self.content, self.content_offset, node)
        has_program = any(node.findall(nodes.literal_block))
        if has_program and 'lesson' in self.options:
            raise self.error('bee: a lesson has its own program; take the code blocks out')
        if not has_program and not {'lesson', 'terminals'} & self.options.keys():
            raise self.error('bee: it has no code block; or name a lesson, or how many terminals')
        return [node]


def visit_html(self, node):
    attributes = ''.join(f' {name}="{escape(value)}"' for name, value in node['attributes'].items())
    self.body.append(f'<bee-lab{attributes}>\n')


def depart_html(self, node):
    self.body.append('</bee-lab>\n')


def pass_over(self, node):
    """Other builders write the children only."""


def add_loader(app, pagename, templatename, context, doctree):
    """Only a page with a lab loads the loader."""
    if doctree is None or not any(doctree.findall(lab)):
        return
    host = app.config.bee_host
    if not host:
        raise ConfigError('bee: conf.py must say where Bee is: bee_host = "https://your.host/bee/"')
    app.add_js_file(host.rstrip('/') + '/bee-lab.js', type='module')


def setup(app):
    app.add_config_value('bee_host', '', 'html')
    other = {name: (pass_over, pass_over) for name in ('latex', 'text', 'man', 'texinfo')}
    app.add_node(lab, html=(visit_html, depart_html), **other)
    app.add_directive('bee', Bee)
    app.connect('html-page-context', add_loader)
    return {'version': '1', 'parallel_read_safe': True, 'parallel_write_safe': True}
