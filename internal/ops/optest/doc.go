// Package optest judges operations of package ops by what Gorgonia and the
// executor ask of one: right gradients, one result however it is run, an identity
// that holds every field, and errors that help.
//
// A [Case] says what an operation is given and how it is built; [Check] runs the
// checklist on it. [Distinct] judges identities, [Refused] wrong inputs.
//
// # Method
//
// A gradient is compared with central differences of a scalar loss over the
// float32 kernels. The loss is summed in float64, so that it is as exact as the
// values it is made of; the error left is about 1e-7 of the loss over [Step],
// far below [Tolerance], which leaves room for the curvature of tanh and exp.
package optest
