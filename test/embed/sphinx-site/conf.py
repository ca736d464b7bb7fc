"""The site that the test of the directive builds; it gives `bee_host` and the path of the extension itself."""

project = 'Replication'
extensions = ['bee']
html_theme = 'classic'
html_copy_source = False
