// The search: words and beginnings of words, in any case, accents aside. Every word has to be found;
// if no section has them all, those with the most come. What is in a title weighs more than what is
// in a heading, and that more than what is in the text; a whole word more than a beginning.
"use strict";

var WEIGHT = { title: 4, heading: 10, text: 1 };
var MOST = 50;

function fold(text) {
  return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
}

// "GetPerson" is found by "getperson", "get" and "person"; "ETAG_MISMATCH" by "mismatch" too.
function tokens(text) {
  var out = [];
  (text.match(/[\p{L}\p{N}_]+/gu) || []).forEach(function (word) {
    out.push(fold(word));
    var parts = word.replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2").split(/[ _]+/).filter(Boolean);
    if (parts.length > 1) parts.forEach(function (part) { out.push(fold(part)); });
  });
  return out;
}

// How well a word is met: whole words count 1, beginnings half; repeats less and less.
function met(word, list) {
  var whole = 0, begun = 0;
  list.forEach(function (token) {
    if (token === word) ++whole;
    else if (token.startsWith(word)) ++begun;
  });
  return whole ? 1 + Math.log2(whole) / 4 : begun ? 0.5 + Math.log2(begun) / 8 : 0;
}

function prepare(index) {
  var titles = index.pages.map(function (page) { return tokens(page[1]); });
  return index.sections.map(function (section) {
    return { section: section, title: titles[section[0]], heading: tokens(section[2]),
             text: tokens(section[3]) };
  });
}

// [{section, words found, score}], best first.
function search(prepared, query) {
  var words = (query.match(/[\p{L}\p{N}_]+/gu) || []).map(fold);
  var found = [];
  prepared.forEach(function (entry) {
    var count = 0, score = 0;
    words.forEach(function (word) {
      var here = WEIGHT.title * met(word, entry.title) + WEIGHT.heading * met(word, entry.heading) +
          WEIGHT.text * met(word, entry.text);
      if (here > 0) ++count;
      score += here;
    });
    // The first section of a page stands for the page.
    if (count) found.push({ section: entry.section, count: count, score: score });
  });
  found.sort(function (a, b) { return b.count - a.count || b.score - a.score; });
  var most = found.length ? found[0].count : 0;
  return found.filter(function (f) { return f.count === most; });
}

// A piece of the text around the first word that is met.
function snippet(text, words) {
  var folded = fold(text), at = -1;
  words.forEach(function (word) {
    var here = folded.search(new RegExp("(^|[^\\p{L}\\p{N}])" + word, "u"));
    if (here >= 0 && (at < 0 || here < at)) at = here;
  });
  var begin = at > 80 ? text.indexOf(" ", at - 80) + 1 : 0;
  var piece = text.slice(begin, begin + 220);
  return (begin ? "… " : "") + piece + (begin + 220 < text.length ? " …" : "");
}

function show(index, query) {
  var said = document.getElementById("said"), list = document.getElementById("results");
  var words = (query.match(/[\p{L}\p{N}_]+/gu) || []).map(fold);
  if (!words.length) { said.textContent = "Type a word or the beginning of one."; return; }
  var found = search(prepare(index), query);
  said.textContent = found.length ? (found.length > MOST ? "The best " + MOST + " of " : "") +
      found.length + (found.length === 1 ? " place" : " places") +
      (found[0].count < words.length ? "; none has all of these words" : "") :
      "Nothing has these words.";
  found.slice(0, MOST).forEach(function (result) {
    var page = index.pages[result.section[0]];
    var item = document.createElement("li"), link = document.createElement("a");
    link.href = page[0] + "#" + result.section[1];
    link.textContent = result.section[2];
    var where = document.createElement("div"), text = document.createElement("div");
    where.className = "where";
    where.textContent = page[2] + " – " + page[1];
    text.textContent = snippet(result.section[3], words);
    item.append(link, where, text);
    list.append(item);
  });
}

if (typeof document !== "undefined") {
  var query = new URLSearchParams(location.search).get("q") || "";
  document.getElementById("q").value = query;
  show(rapportIndex, query);
} else {
  module.exports = { prepare: prepare, search: search, snippet: snippet };
}
