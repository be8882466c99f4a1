"""nbgrader's settings; `python lectures/build.py course DIR` copies them to a course folder."""
c = get_config()  # noqa: F821: nbgrader defines it
c.CourseDirectory.course_id = "vae-np"
c.ClearSolutions.code_stub = {"python": "...  # your lines go here"}
c.ExecutePreprocessor.timeout = 120
