import {
  add,
  clipByValue,
  mean,
  mul,
  reshape,
  sub,
  sum,
  type Tensor,
  tensor1d,
} from '@tensorflow/tfjs-core';

/** What each of red, green and blue adds to a pixel's brightness (torchvision's rgb_to_grayscale). */
const luma = [0.2989, 0.587, 0.114];

const clipped = (pixels: Tensor): Tensor => clipByValue(pixels, 0, 255);

/**
 * Brighter or darker images: torchvision's adjust_brightness.
 * @param pixels float32 from 0 to 255, [n, height * width * channels]
 * @param factor [n, 1]; 0 gives black, 1 the image as it is
 */
export const brightened = (pixels: Tensor, factor: Tensor): Tensor => clipped(mul(pixels, factor));

/**
 * Images of more or less contrast: torchvision's adjust_contrast, where pixels differ from the mean
 * brightness of their image by a factor.
 * @param pixels float32 from 0 to 255, [n, height * width * channels]
 * @param factor [n, 1]; 0 gives the mean, 1 the image as it is
 */
export function contrasted(pixels: Tensor, factor: Tensor, channels: number): Tensor {
  const ofImages = mean(brightness(pixels, channels), 1, true);
  return clipped(add(mul(pixels, factor), mul(ofImages, sub(1, factor))));
}

/** Of each pixel, [n, height * width]. */
function brightness(pixels: Tensor, channels: number): Tensor {
  if (channels === 1) return pixels;
  const [n, size] = pixels.shape as [number, number];
  return sum(mul(reshape(pixels, [n, size / channels, channels]), tensor1d(luma)), 2);
}
