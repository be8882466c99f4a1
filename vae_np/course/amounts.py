"""Numbers in words: "twice", "½ log 2π"."""
import math

NUMBERS = {1.0: "", 2.0: "twice", 0.5: "half of", 3.0: "three times", 4.0: "four times",
           0.25: "a quarter of", 1.5: "one and a half times"}
SHARES = {"1": 1.0, "½": 0.5, "2": 2.0, "3/2": 1.5, "¼": 0.25, "4": 4.0, "3": 3.0}
LOGS = {"log 2π": math.log(2 * math.pi), "log π": math.log(math.pi), "log 2": math.log(2),
        "(1 + log 2π)": 1 + math.log(2 * math.pi)}


def near(a, b):
    return abs(a - b) <= 2e-5 * abs(b)


def times(factor):
    sign, size = "minus " if factor < 0 else "", abs(factor)
    name = next((word for value, word in NUMBERS.items() if near(size, value)), None)
    if name is None:
        return f"{sign}{size:.4g} times "
    return sign + (f"{name} " if name else "")


def share_of(factor):
    name = next((words for words, value in SHARES.items() if near(abs(factor), value)), None)
    return "" if name == "1" else f"{name or f'{abs(factor):.4g} times'} "


def named(size):
    for log, value in (("", 1.0), *LOGS.items()):
        for share, part in SHARES.items():
            if near(size, part * value):
                return (share if not log else log if share == "1" else f"{share} {log}")
    return f"{size:.6g}"
