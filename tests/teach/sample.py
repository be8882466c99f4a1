"""A small lecture's slides and quiz, in which everything is right."""
DECK = """# A small lecture

What is it about?

Note:
One minute. $x < y$ is read aloud.

---

## An equation

Here $x < y$ and

$$
\\log p(x) \\ge \\mathcal L
$$

- one thing
- *another* one, with `code`

---

## Predict: which one?

A or B?

---

## The library's lines

```python show=vae_np.distributions.kl_standard_normal
```

---

## Two lines of it

```python show=vae_np.distributions.kl_standard_normal lines=5-6
```

---

## What is seen

One sentence.

![A bar for each dimension; few of them are high.](figure:fig-bars)

---

## A table

| a | b |
|---|---|
| 1 | $\\sigma^2$ |

---

## From the repository

![Digits that a model made up.](PICTURE)
"""
QUIZ = "# Quiz: a small lecture\n" + "".join(f"""
## {number}. Is $a < b_{number}$, and what does `x * {number}` *mean*?
- [ ] one, $y^2$
  > because not
- [x] two, in a longer
  line
  > because so,
  > on two lines
- [ ] three
  > because $z$
""" for number in range(1, 8)) + """
## 8. How many nats?
= -0.5 ± 0.001
  > by the formula
"""
