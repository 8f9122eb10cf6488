import { describe, expect, it } from 'vitest';
import { testFileFor } from '../../../src/core/edit/test-file.js';

describe('testFileFor', () => {
  it.each([
    ['src/shop/cart.py', 'tests/test_cart.py'],
    ['src/shop/store/cart.py', 'tests/store/test_cart.py'],
    ['cart.py', 'tests/test_cart.py'],
    ['src/cart.ts', 'src/cart.test.ts'],
    ['web/Cart.tsx', 'web/Cart.test.tsx'],
    ['pkg/cart.go', 'pkg/cart_test.go'],
    ['src/cart.rs', 'tests/cart.rs'],
    ['src/main/java/shop/Cart.java', 'src/test/java/shop/CartTest.java'],
    ['lib/cart.rb', 'spec/cart_spec.rb'],
    ['src/cart.cpp', 'tests/test_cart.cpp'],
    ['Cart.cs', 'tests/CartTests.cs'],
    ['odd.zig', 'odd_test.zig'],
    ['Makefile', 'Makefile_test.txt'],
  ])('%s: %s', (path, expected) => {
    expect(testFileFor(path)).toBe(expected);
  });

  it('has another name when one is taken', () => {
    expect(testFileFor('src/cart.ts', 2)).toBe('src/cart_2.test.ts');
    expect(testFileFor('cart.py', 3)).toBe('tests/test_cart_3.py');
  });
});
