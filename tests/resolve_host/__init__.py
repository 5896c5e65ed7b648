"""A working DaVinci Resolve for tests: scripting objects that behave as was measured, lies and all.

app.py        editions, versions, switches           known.py        which calls there are
state.py      a project, as data                     host_object.py  what all objects share
pool.py timeline.py project.py                       the objects of the scripting API
media.py clock.py                                    files, pixels, timecode
build.py      projects for tests
"""
