// Package product multiplies float32 matrices for GoMLX's pure Go backend, whose own
// products take three to four times as long on processors with AVX2: github.com/gomlx/compute
// v0.1.4 packs both matrices for tiles of 4 x 16 in small pieces, again for each few
// rows. Here the left matrix is read where it lies, and a panel of the right one is
// packed just before all rows go by it.
//
// What holds: sums are float32, each entry's in one order that depends on the shapes
// alone, so equal input gives equal bytes for any number of workers. Infinities, NaN and
// denormals come through as float32 arithmetic has them. Where there is no kernel for the
// processor, Install does nothing, and the backend multiplies as before.
//
// It knows the two layouts that the backend brings every product to, and no others.
package product
