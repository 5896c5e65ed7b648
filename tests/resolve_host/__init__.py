"""A working DaVinci Resolve for tests: scripting objects that behave as was measured, lies and all.

app.py        editions, versions, switches           known.py        which calls there are
state.py      a project, as data                     host_object.py  what all objects share
pool.py timeline.py item.py project.py               the objects of the scripting API
media.py clock.py                                    files, pixels, timecode
versions.py   the versions it can be                 table.py        makes calls.json from the stubs
build.py      projects for tests
"""
