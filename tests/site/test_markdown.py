import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.html_pages import read
from workshops.site.markdown import render


def html(markdown, **more):
    return render(markdown, resolve=lambda kind, name: f"/{kind}s/{name}/", **more)


def test_headings_begin_at_the_second_level_whatever_an_editor_wrote():
    assert html("# One\n\n## Two") == '<h2 id="one">One</h2>\n<h3 id="two">Two</h3>\n'
    assert html("### One\n\n#### Two") == html("# One\n\n## Two")


def test_headings_may_begin_deeper_with_ids_of_their_own():
    assert html("# One", first_level=4, prefix="sam-") == '<h4 id="sam-one">One</h4>\n'


def test_no_heading_is_deeper_than_the_sixth_level():
    assert "<h6" in html("# a\n\n###### b", first_level=4)


def test_ids_are_unique_plain_and_may_be_written():
    written = html("## Café & *bar*\n\n## Café & *bar*\n\n## Named {#here}\n\n## !!!")
    assert read(written).ids() == ["cafe-and-bar", "cafe-and-bar-2", "here", "part"]


def test_a_heading_cannot_take_an_id_that_the_page_needs():
    assert read(html("## Book\n\n## Main")).ids() == ["book-2", "main-2"]


@pytest.mark.parametrize(
    ("written", "href"),
    [
        ("[x]({workshop}drafting)", "/workshops/drafting/"),
        ("[x]({speaker}sam)", "/speakers/sam/"),
        ("[x]({page}contact#post)", "/pages/contact/#post"),
        ("[x][r]\n\n[r]: {series}autumn", "/seriess/autumn/"),
        ("[x](https://example.org/?a=1&b=2)", "https://example.org/?a=1&amp;b=2"),
        ("[x](mailto:a@example.org)", "mailto:a@example.org"),
        ("[x](javascript:alert(1))", "#"),
        ("[x](<JavaScript:alert(1)>)", "#"),
    ],
)
def test_links_lead_where_they_were_meant_to(written, href):
    assert f'<a href="{href}">x</a>' in html(written)


def test_a_picture_is_found_by_its_name():
    assert '<img src="/images/form.png/" alt="A form" />' in html("![A form](form.png)")
    assert 'src="https://example.org/x.png"' in html("![x](https://example.org/x.png)")


def test_names_in_code_are_left_alone():
    assert html("`{workshop}drafting`") == "<p><code>{workshop}drafting</code></p>\n"


def test_tables_have_classes_for_a_policy_that_allows_no_style():
    table = html("| a | b |\n|:-:|--:|\n| 1 | 2 |")
    assert '<th class="align-center">a</th><th class="align-right">b</th>' in table
    assert "style" not in table


def test_footnotes_of_two_texts_do_not_meet():
    assert 'href="#sam-fn-1"' in html("x[^1]\n\n[^1]: note", prefix="sam-")
    assert 'id="sam-fn-1"' in html("x[^1]\n\n[^1]: note", prefix="sam-")


def test_quotes_become_typographic():
    assert html("the workshop's page") == "<p>the workshop’s page</p>\n"


def test_html_of_an_editor_passes():
    assert html('<abbr title="x">CPD</abbr>') == '<p><abbr title="x">CPD</abbr></p>\n'


@pytest.mark.parametrize("name", ["script", "SCRIPT", "style", "iframe", "form", "input", "meta", "base", "svg"])
def test_elements_that_act_come_out_as_text(name):
    for written in (f"a <{name} x=1>b</{name}>", f"<{name}>\nb\n</{name}>"):
        assert not [one for one in read(html(written)).elements if one.name == name.lower()]
        assert f"<{name}" in read(html(written)).text


@pytest.mark.parametrize(
    "written", ['<b onclick="x()">', "<b class=y onclick=x() style='a'>", '<img src="/a" onerror=x>']
)
def test_handlers_and_styles_are_dropped(written):
    for element in read(html(f"a {written} b")).elements:
        assert not {"onclick", "onerror", "style"} & element.attributes.keys()


def test_words_that_look_like_handlers_stay():
    assert html("set onclick = x, style=y") == "<p>set onclick = x, style=y</p>\n"
    assert 'alt="a style=b c"' in html("![a style=b c](x.png)")


@given(st.text(alphabet="# *_[](){}<>|`~-=!\"'&;:/abci\n", max_size=200))
def test_no_text_makes_an_element_that_acts(markdown):
    names = {one.name for one in read(html(markdown)).elements}
    assert not names & {"script", "style", "iframe", "form", "input"}
