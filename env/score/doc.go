// Package score reads a number off a picture, such as a game's score off a screen.
//
// [Learn] takes a few pictures of the same part of a screen, each with the digits that
// a person reads in it, finds the cells the digits stand in, and makes a template of
// each digit. [Templates.Read] reads other pictures by them, and says how sure it is.
// A [Tracker] turns the numbers of one frame after the other into gains.
//
// # Which digits can be read
//
// Digits of one font and size in cells of the same width, one number in a line, on a
// background of mostly one colour. Colours may change, as where a score flashes: a
// pixel counts by how far it is from the background, whose colour is the most frequent
// one of each picture. Zeros may lead, or leading cells may be empty, or cells behind
// the number where it grows to the right. Digits over scenery are not read.
//
// # How sure
//
// A digit is compared with all templates; the confidence of a number is that of its
// least sure digit, 1 for the template itself and 0 for one just between two digits.
// Below [MinConfidence] nothing is read: whatever is no digit, such as a letter or half
// a frame, is about as far from every template.
package score
