"""The exercises of lecture 3: slopes that flow backwards, and how they are measured."""
from . import layer_norm, shared_layer
from .answers import exercise
from .best_steps import (ERROR_SUMS, MISTAKEN_CHOICES, MISTAKEN_MINIMA, bound, candidates, lowest,
                         lowest_point, other_powers, sizes, weighed_otherwise)
from .forms import Form

# -- 1. layer normalisation --------------------------------------------------------------------

exercise(
    "layer-norm-backward", 3, "layer_norm_backward", form=Form(names=("x", "gain", "shift")),
    cases=layer_norm.rows, forward=layer_norm.layer_norm, truth=layer_norm.layer_norm_backward,
    label="chain-rule", praise="the three gradients agree with ours",
    first="with x̂ = (x − m)/√v, go back step by step: d_x̂ = d_y g. The slope of x̂_k in x_i has "
          "three parts: x_i itself, m, and v.",
    default={"x": "gradient", "": "sums"},
    says={"both": "is that for a fixed mean and a fixed variance",
          "variance": "is that for a fixed variance", "mean": "is that for a fixed mean",
          "gain": "has lost the gain", "std": "has another power of the standard deviation in it",
          "tiny": "has a tiny number added to the variance",
          "unbiased": "is divided by the root of Σ (x − m)²/(D − 1)",
          "axis": "has means over the wrong axis", "batch": "is averaged over the examples",
          "apart": "is a product of two sums over the examples"},
    own=layer_norm.MISTAKES, sums=layer_norm.SUMS,
    hints={
        "both": ("Moving x_i moves the mean and the variance of its row too, and these move every "
                 "output of the row. How many ways lead from x_i to y_k?", "gradients-add"),
        "variance": ("The mean has its part. Does the variance move with x_i as well?",
                     "gradients-add"),
        "mean": ("The variance has its part. Does the mean move with x_i as well?",
                 "gradients-add"),
        "gain": ("y_k = g_k x̂_k + c_k is the last step, so it is the first one backwards. Where "
                 "does the gain stand on the way to x, and where on the way to itself?",
                 "elementwise-backward"),
        "std": ("Scale a whole row by ten. The outputs stay. What must become of the slopes, and "
                "does your line do that?", "chain-rule"),
        "tiny": ("Programs add it, and this forward pass does not. Whose derivative is asked for?",
                 "chain-rule"),
        "unbiased": ("By how many numbers does the text divide the sum of the squares?",
                     "chain-rule"),
        "part": ("Take v alone: what is its slope in x_i, and what that of 1/√v in v? Count the "
                 "halves, the signs and the 1/D.", "chain-rule"),
        "mean-part": ("Take m alone: what is its slope in x_i, and how does x̂_k change when m "
                      "does? Count the signs, the 1/D and the gains.", "chain-rule"),
        "apart": ("Each row has its own d_y and its own x̂. Which comes first: the product, or "
                  "the sum over the rows?", "broadcast-backward"),
        "axis": ("Which numbers share a mean and a variance, those of a row or those of a column?",
                 "broadcast-backward"),
        "unnormalised": ("By what is the gain multiplied in the forward pass?",
                         "elementwise-backward"),
        "batch": ("One gain serves all the rows. What are the slopes of its copies: averaged, or "
                  "added?", "broadcast-backward"),
        "sign": ("Move the input up by a little where d_y is positive: do the outputs rise or "
                 "fall?", "chain-rule"),
        "upstream": ("d_y is the slope of the result in y. By the chain rule it multiplies every "
                     "slope of y.", "chain-rule"),
        "sums": ("The gain and the shift are one row that is copied to every example. What is a "
                 "copy's way back?", "broadcast-backward"),
        "gradient": ("Write the three steps in a row: take the mean off, divide by √v, multiply "
                     "by g. Go back through them one by one, and add where two ways meet.",
                     "gradients-add")})


# -- 2. a step for float32 ---------------------------------------------------------------------

exercise(
    "step-for-float32", 3, "choose_steps", cases=candidates,
    truth=lowest(bound), label="central-difference", words={"": "the chosen step"},
    praise="each is the best of the steps for float32",
    first="write the bound for one point and one step, bending plus rounding, and work it out for "
          "all the steps: a table of K rows and N columns.",
    default={"": "bound"},
    explain=weighed_otherwise,
    says={"nearest": "is the one nearest to the best step of all",
          "not-listed": "is the best step of all, and not one of the list",
          "swapped-inputs": "has |f| and |f‴| in each other's place",
          "bound-itself": "is the lowest error itself, and not the step that has it",
          "index": "is the number of the step in the list, and not the step"},
    own=MISTAKEN_CHOICES,
    hints={
        "double": ("How precisely does float32 store a number, and how precisely float64?",
                   "central-difference"),
        "unit": ("Two numbers weigh the two parts of the bound: the u that the text gives "
                 "(np.finfo(np.float32).eps is another one), and what stands before h²|f‴| in "
                 "the lecture. Which one is not yours?", "central-difference"),
        "bending": ("Which term of Taylor's series is left after the even ones have cancelled, "
                    "and which power of h has it after the division by 2h?",
                    "central-difference"),
        "each": ("Every point has a value and a third derivative of its own. Can one step be the "
                 "best for all of them?", "central-difference"),
        "swapped-inputs": ("Which of the two parts grows with the value of f, and which one with "
                           "its third derivative?", "central-difference"),
        "bound-itself": ("argmin says where a number is smallest, min says how small. Which one "
                         "is asked for, and of what?", "central-difference"),
        "index": ("argmin gives a place in the list. What stands there?", "central-difference"),
        "rounding": ("How far off is each of the two values, at most? By what is their difference "
                     "divided? And are the two parts of the error added?", "central-difference"),
        "nearest": ("The bound rises faster on one side of its lowest point than on the other. Is "
                    "the nearest step always the better one of its two neighbours?",
                    "central-difference"),
        "not-listed": ("A step from the list is asked for, the best of those. Where does your "
                       "line look at the list?", "central-difference"),
        "smallest": ("One part of the error falls with the step and the other one rises. What "
                     "does each do at that end of the list?", "central-difference"),
        "bound": ("Work the bound out for every step of the list and every point, and take the "
                  "step where it is lowest. Which axis of the table are the steps?",
                  "central-difference")})


# -- 3. the lowest point of the fourth-order V -------------------------------------------------

exercise(
    "lowest-point", 3, "predict_lowest", cases=sizes, truth=lowest_point,
    form=Form(rows=("step", "error")), words={"step": "the step", "error": "the error"},
    label="central-difference",
    praise="at its best the fourth order loses a fifth of the digits, the central difference a "
           "third",
    first="the four values have the weights 8, 8, 1 and 1, over 12h. So the rounding is at most "
          "18 u|f|/12h. Add h⁴|f⁽⁵⁾|/30 and set the slope in h to 0.",
    default={"step": "step", "error": "error"},
    says={"central": "is that of the central difference",
          "relative": "is divided by |f|, or by the right step", "slope": "is not the height"},
    own=MISTAKEN_MINIMA, explain=other_powers, sums=ERROR_SUMS,
    hints={
        "swapped": ("The first number is a step, the second one an error. Which of your two is "
                    "near u?", "central-difference"),
        "central": ("That is the V of the central difference. Which power of h does the bending "
                    "have here?", "central-difference"),
        "weights": ("Which four values are there, and by what is each multiplied before the "
                    "division by 12h? In the worst case all their errors have the same sign. "
                    "(Or does your bending lack its 1/30?)",
                    "central-difference"),
        "bending": ("The term that is left is given with the formula. Is yours the same?",
                    "central-difference"),
        "equal": ("Where the sum of a falling and a rising part is lowest, their slopes cancel. "
                  "Are the parts themselves equal there? And has the bending its 1/30?",
                  "central-difference"),
        "rounding-only": ("That is the rounding at the best step. What else is in the error?",
                          "central-difference"),
        "bending-only": ("That is the bending at the best step. What else is in the error?",
                         "central-difference"),
        "powers": ("Setting the slope of E(h) to 0, which power of h stands alone? And which of "
                   "|f|, |f⁽⁵⁾| and u make the best step larger, and which ones smaller?",
                   "central-difference"),
        "relative": ("E(h) is the error of the slope itself. Is anything divided by |f|?",
                     "central-difference"),
        "zero": ("The slope of E is 0 at the lowest point. How high is E itself there?",
                 "central-difference"),
        "error-part": ("Put the step into both parts of E(h): which power of h has each, and "
                       "what stands before it?", "central-difference"),
        "factor": ("The powers are right. Which numbers stand in front of the two parts? For the "
                   "step, what does setting the slope to 0 make of them; for the error, are both "
                   "parts in it, each with its own number?", "central-difference"),
        "step": ("Write E(h) with its two parts, differentiate it in h and set that to 0.",
                 "central-difference"),
        "error": ("Put the best step into E(h): both parts of it.", "central-difference")})


# -- 4. gradients that are overwritten ---------------------------------------------------------

exercise(
    "overwritten-gradients", 3, "twice_backward", form=Form(names=("x", "W", "b")),
    cases=shared_layer.shared_layers, forward=shared_layer.twice, truth=shared_layer.gathered,
    label="gradients-add",
    praise="all the uses have sent their slopes, and they are added",
    first="y = x + tanh(gW + b) and g = tanh(xW + b). W and b are used twice, and so is x. Write "
          "the slope of each use, as if it were a variable of its own.",
    default={"": "gradient"},
    says={"last": "is the slope of one of its two uses alone, the one in g",
          "nearer": "is the slope of one of its two uses alone, the one nearer to y",
          "skip": "lacks what comes straight from y = x + …",
          "skip-alone": "has the way past the layer alone", "mean": "is the mean of its two uses",
          "skip-at-g": "has d_y added at g, where it should be added at x",
          "slope": "lacks the slope of a tanh", "W-lost": "comes from y to g without W",
          "upstream": "lacks `d_y` where the slope of the second tanh is",
          "transpose": "is made with W where Wᵀ belongs",
          "inputs": "has another input of the layer in one of its products"},
    own=shared_layer.MISTAKES, sums=shared_layer.SUMS,
    hints={
        "last": ("An assignment forgets what stood there before. How often is this array used in "
                 "the forward pass?", "gradients-add"),
        "nearer": ("That is the use on the way from g to y. Which other one is there?",
                   "gradients-add"),
        "skip": ("On how many ways does x get into y? One of them goes through no layer.",
                 "gradients-add"),
        "skip-alone": ("On how many ways does x get into y? You have the one through no layer.",
                       "gradients-add"),
        "skip-at-g": ("y = x + …, and the layers stand where the dots are. Which variable has a "
                      "way past them, x or g?", "gradients-add"),
        "slope-of": ("What is the slope of tanh(a), written with tanh(a) itself? And which of the "
                     "two tanh stands at this place?", "elementwise-backward"),
        "W-lost": ("How does the slope in a layer's output get to its input? One factor stands "
                   "between the two.", "linear-backward"),
        "through": ("Follow x into the first layer, through its tanh, into the second one. Each "
                    "of these steps has one factor on the way back.", "gradients-add"),
        "shares": ("Two shares, one from each use, are added: is each there once, as it is?",
                   "gradients-add"),
        "past": ("On the way past the layers there is no W and no b. Which variable alone gets "
                 "what comes that way?", "gradients-add"),
        "transpose-of-share": ("d_W is as high as the input is wide. Which of the two factors is "
                               "transposed, the input or the slope?", "linear-backward"),
        "mean": ("Two uses: are their slopes averaged, or added?", "gradients-add"),
        "slope": ("There are two tanh on the way. Each multiplies what flows back through it.",
                  "elementwise-backward"),
        "transpose": ("W is square, so its shape does not tell. Over which index of W does the "
                      "slope in the layer's input sum?", "linear-backward"),
        "inputs": ("d_W is the layer's input, transposed, times the slope in its output. Which "
                   "input has each of the two uses?", "linear-backward"),
        "average": ("One W and one b serve all examples. What is the way back of a copy: are the "
                    "slopes averaged, or added?", "broadcast-backward"),
        "gradient": ("Give the two uses names of their own, W₁ and W₂, find each slope, and add.",
                     "gradients-add")})
