"""Where words for a person go: a terminal, a log, a pipe, a notebook's window, or nowhere at all.

Nobody may be there to read: the stream is closed, its reader has gone, the disk under it is full,
or its encoding lacks a letter. No work is given up for that.
"""


def is_terminal(stream):
    """Whether a stream is a terminal; one that is None, closed, or cannot say is none."""
    try:
        return bool(stream.isatty())
    except Exception:  # a window or a log of somebody else's may raise anything
        return False


class Patient:
    """A stream around another one, or around None, whose `write` and `flush` never raise.

    A letter that the other's encoding lacks becomes a question mark. failure: what the other
    stream raised last, or None. keep: whether `text` is to hold all that was written, so that it
    can be said elsewhere.
    """

    def __init__(self, stream, keep=False):
        self.stream, self.failure = stream, None
        self.keep, self.text = keep, ""

    def write(self, text):
        if self.keep:
            self.text += text
        self._try(self._write, text)
        return len(text)

    def flush(self):
        self._try(lambda: self.stream.flush())

    def isatty(self):
        return is_terminal(self.stream)

    def __getattr__(self, name):
        return getattr(self.stream, name)

    def _write(self, text):
        try:
            self.stream.write(text)
        except UnicodeEncodeError:
            encoding = getattr(self.stream, "encoding", None) or "ascii"
            self.stream.write(text.encode(encoding, "replace").decode(encoding))

    def _try(self, call, *arguments):
        try:
            call(*arguments)
        except Exception as error:  # as above
            self.failure = error
