"""The search finds the right place: fifty queries of readers, each among the first three hits; a hit leads there."""

from urllib.parse import urlencode

import pytest

from tests.book.book_checks import parsed, watch
from tests.book.conftest import listed_pages

# What a reader types, and the places that answer it (page#section; chapters without their folder). Ten failed once.
QUERIES = """
why 32x32 > architecture#why-3232
60,000 > glossary#term-MNIST architecture#counting-and-counting-again history#mnists-own-story glossary#term-LeNet-5
SDLM > glossary#term-LevenbergMarquardt the-1998-network#how-far-to-step
trainig > alexnet-on-cifar10#a-few-minutes-of-training implementation#how-long-to-train
backpropagation > glossary#term-back-propagation mathematics#running-it-backwards
MNIST download > intro#how-to-read-it implementation#look-at-the-data-first
t-SNE > inside-the-network#eighty-four-numbers
optimizer > glossary#term-optimiser implementation#compile-what-to-minimise-and-how glossary#term-Adam
optimiser > glossary#term-optimiser implementation#compile-what-to-minimise-and-how glossary#term-Adam
tangent distance > glossary#term-tangent-distance rivals#distances-that-forgive
learning rate > glossary#term-learning-rate
receptive field > glossary#term-receptive-field architecture#what-a-unit-sees
ReLU > glossary#term-ReLU from-1998-to-today#rung-5-relu
dropout > glossary#term-dropout alexnet-on-cifar10#dropout
padding > glossary#term-padding
stride > glossary#term-stride
softmax > glossary#term-softmax mathematics#from-scores-to-probabilities-softmax
cross entropy > glossary#term-cross-entropy mathematics#cross-entropy-how-surprised-are-you
overfitting > glossary#term-overfitting
batch normalization > glossary#term-batch-normalisation from-1998-to-today#rung-11-batch-normalisation
max pooling > glossary#term-max-pooling from-1998-to-today#rung-4-the-largest-of-four
feature map > glossary#term-feature-map
weight sharing > glossary#term-shared-weights mathematics#shared-weights-what-they-save
confusion matrix > glossary#term-confusion-matrix implementation#who-is-taken-for-whom
data augmentation > glossary#term-data-augmentation
RBF > glossary#term-RBF-unit glossary#term-radial-basis-function-network
momentum > from-1998-to-today#how-low-can-it-go
McNemar > glossary#term-McNemars-test rivals#larger-than-chance
what is a convolution > glossary#term-convolution mathematics#convolution
how many parameters does LeNet-5 have > history#lenet-5 glossary#term-LeNet-5 architecture#counting-and-counting-again
connection table of C3 > glossary#term-connection-table architecture#the-table-of-c3 the-1998-network#c3-sixty-kernels
why tanh 1.7159 > mathematics#where-do-1-7159-and-2-3-come-from
difference between LeNet-1 and LeNet-5 > history#the-family-counted history#lenet-1-the-one-that-is-described-twice
who invented the neocognitron > history#fukushima-builds-it
cheque reading > history#reading-cheques
run in Colab > intro#how-to-read-it
saliency > inside-the-network#or-take-the-derivative glossary#term-occlusion-map
feature visualization gradient ascent > inside-the-network#ask-the-gradient
adversarial > glossary#term-adversarial-example mathematics#what-would-it-like-to-see-changed
reject digits > glossary#term-rejection rivals#saying-no the-1998-network#refusing-digits-too
mislabeled digits > glossary#term-label-error from-1998-to-today#labels-that-people-dispute
support vector machine > glossary#term-support-vector rivals#keep-only-the-hard-ones
nearest neighbor > glossary#term-K-nearest-neighbours rivals#remember-everything
Figure 9 > rivals#the-tournament-again-figure-9
equation 9 > the-1998-network#equation-9-and-be-far-from-the-others
elastic distortions > glossary#term-elastic-distortion from-1998-to-today#rungs-8-and-9-distortions-affine-and-elastic
quantization bits per weight > pros-and-cons#how-few-bits-will-do
AlexNet parameters > alexnet-on-cifar10#the-network-layer-by-layer glossary#term-AlexNet
Simard 2003 > references#
grade submissions > teaching#collect-and-grade
export_weights > playground#your-own-weights
"""


def queries() -> dict[str, list[str]]:
    """The places that answer each query, as page#section."""
    found = {}
    for line in QUERIES.strip().splitlines():
        query, places = line.split(" > ")
        found[query] = [
            f"chapters/{place}" if f"chapters/{place.split('#')[0]}" in listed_pages() else place
            for place in places.split()
        ]
    return found


@pytest.fixture(scope="module")
def results(home, browser):
    """A function that asks the search page, and returns the first three hits as page#section."""
    page = browser.new_page()
    page.goto(home + "search.html")
    ask = "query => search(query).hits.slice(0, 3).map(({entry}) => `${entry.page}#${entry.anchor}`)"
    yield lambda query: page.evaluate(ask, query)
    page.close()


def answers(hit: str, places: list[str]) -> bool:
    """Is a hit one of the places? "references#" stands for any work in the list of references."""
    return hit in places or ("references#" in places and hit.startswith("references#"))


def test_fifty_queries_find_their_place_among_the_first_three(results):
    assert len(queries()) >= 50
    found = {query: results(query) for query in queries()}
    missed = [
        f"{query}: {found[query]}"
        for query, places in queries().items()
        if not any(answers(hit, places) for hit in found[query])
    ]
    assert not missed, "\n".join(missed)


def test_expected_places_exist(results, site):
    """A section that was renamed is noticed here, not as a failure of the search."""
    pages = {name: parsed(site / f"{name}.html") for name in listed_pages()}
    places = {place for places in queries().values() for place in places if not place.endswith("#")}
    assert sorted(place for place in places if not has_place(pages, place)) == []


def has_place(pages: dict, place: str) -> bool:
    """Has one of the pages this section?"""
    page, _, anchor = place.partition("#")
    return pages[page].find(id=anchor) is not None


def test_a_hit_opens_its_section_with_the_words_marked(home, page):
    faults = watch(page, home)
    page.goto(home + "search.html?q=tangent+distance")
    hit = page.locator("#search-results ul.search li", has_text="Distances that forgive").first
    assert {"tangent", "distance"} & {
        word.lower().strip(".,:;") for word in hit.locator("mark").all_inner_texts()
    }
    hit.locator("a").click()
    page.wait_for_url("**/chapters/rivals.html*")
    page.wait_for_function("document.querySelector('article mark.found') !== null")
    page.wait_for_function(
        "() => { const top = document.querySelector('#distances-that-forgive').getBoundingClientRect().top; "
        "return -50 <= top && top <= 300; }"
    )
    assert not faults


def test_excerpts_are_prose(home, page):
    """Neither the contents that only paper shows, nor formulas as they are typed; terms by their own name."""
    for query in ("receptive field", "32x32", "activation", "equation 8"):
        page.goto(f"{home}search.html?q={query}")
        page.wait_for_selector("#search-results ul.search li p.context")
        text = page.inner_text("#search-results")
        assert "\\(" not in text and "\\" not in text
        titles = page.locator("#search-results ul.search li > a").all_inner_texts()
        assert titles.count("Glossary") <= 1


@pytest.mark.parametrize("query", ["<img src=x onerror=alert(1)>", "\\", "%", "…", "a", "x" * 2000])
def test_any_query_is_safe(query, home, page):
    faults = watch(page, home)
    page.goto(home + "search.html?" + urlencode({"q": query}))
    page.wait_for_selector("#search-results .search-summary")
    assert page.locator("#search-results img").count() == 0
    assert not faults
