// Package study compares settings over seeds: it reads a plan of arms, runs a trial
// for each arm and seed, and sums up what the judges say of them. It knows neither
// training nor judging: a trial is a command that it is given.
package study
