// What a reader does with the network, which stands before it in the page's script.

/**
 * @param {object} network
 * @param {(pixels: number[]) => { class: string, probability: number }[]} network.classify
 * @param {{ height: number, width: number, channels: number }} network.image
 */
export function tryIt({ classify, image }) {
  const { height, width, channels } = image;
  const place = document.querySelector('.trying');
  const canvas = place.querySelector('canvas');
  const [samples, file] = [place.querySelector('select'), place.querySelector('input')];
  const [answers, problem] = [place.querySelector('.answers'), place.querySelector('.problem')];
  const { fit, pen } = place.dataset;
  const [ink, paper] = pen === 'light' ? ['white', 'black'] : ['black', 'white'];
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const answersShown = 5;

  /** As the report's own numbers are written: never 100 % where it is not certain. */
  function confident(probability) {
    if (probability > 0.9995 && probability < 1) return '>99.9%';
    if (probability < 0.001 && probability > 0) return '<0.1%';
    return `${(100 * probability).toFixed(1)}%`;
  }

  /** Asks the network about what is on the canvas. */
  function ask() {
    const { data } = context.getImageData(0, 0, width, height);
    const pixels = [];
    // Red, green, blue and alpha of each pixel.
    for (let i = 0; i < data.length; i += 4) pixels.push(...data.subarray(i, i + channels));
    const rows = classify(pixels).slice(0, answersShown);
    answers.replaceChildren(...rows.map(answer));
    problem.hidden = true;
  }

  function answer({ class: name, probability }) {
    const item = document.createElement('li');
    const [label, number, bar] = ['span', 'span', 'i'].map((tag) => document.createElement(tag));
    label.textContent = name;
    number.textContent = confident(probability);
    bar.style.width = `${100 * probability}%`;
    item.dataset.probability = probability;
    item.append(label, number, bar);
    return item;
  }

  /** @param {(data: Uint8ClampedArray) => void} change */
  function changePixels(change) {
    const pixels = context.getImageData(0, 0, width, height);
    change(pixels.data);
    context.putImageData(pixels, 0, 0);
  }

  /** What a grey network gets of colours: their luminance, as light adds up. */
  function toGrey(data) {
    const linear = (value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    };
    for (let i = 0; i < data.length; i += 4) {
      const [red, green, blue] = data.subarray(i, i + 3);
      const light = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
      const share = light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
      data.fill(Math.round(255 * share), i, i + 3);
    }
  }

  function clear() {
    context.fillStyle = paper;
    context.fillRect(0, 0, width, height);
    answers.replaceChildren();
    problem.hidden = true;
  }

  async function takeSample() {
    file.value = '';
    if (samples.value === '') return clear();
    const picture = document.querySelectorAll('.pictures.samples img')[Number(samples.value)];
    await picture.decode();
    context.drawImage(picture, 0, 0);
    ask();
  }

  async function takeFile(picture) {
    samples.value = '';
    let bitmap;
    try {
      bitmap = await createImageBitmap(picture);
    } catch {
      clear();
      problem.textContent = 'This is no picture that the browser can read.';
      problem.hidden = false;
      return;
    }
    const [across, down] = [width / bitmap.width, height / bitmap.height];
    const scale = fit === 'contain' ? Math.min(across, down) : Math.max(across, down);
    const [w, h] =
      fit === 'stretch' ? [width, height] : [scale * bitmap.width, scale * bitmap.height];
    // As pictures are read everywhere: what is transparent, and around them, is white.
    context.fillStyle = 'white';
    context.fillRect(0, 0, width, height);
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, (width - w) / 2, (height - h) / 2, w, h);
    if (channels === 1) changePixels(toGrey);
    ask();
  }

  /** Where a pointer is on the canvas, in the network's pixels. */
  function at({ clientX, clientY }) {
    const box = canvas.getBoundingClientRect();
    return [
      ((clientX - box.left) * width) / box.width,
      ((clientY - box.top) * height) / box.height,
    ];
  }

  canvas.width = width;
  canvas.height = height;
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    samples.value = '';
    Object.assign(context, { strokeStyle: ink, lineCap: 'round', lineJoin: 'round' });
    context.lineWidth = Math.max(1, Math.min(width, height) / 12);
    context.beginPath();
    context.moveTo(...at(event));
    context.lineTo(...at(event));
    context.stroke();
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    context.lineTo(...at(event));
    context.stroke();
  });
  canvas.addEventListener('pointerup', ask);
  samples.addEventListener('change', takeSample);
  file.addEventListener('change', () => file.files.length > 0 && takeFile(file.files[0]));
  place.addEventListener('dragover', (event) => event.preventDefault());
  place.addEventListener('drop', (event) => {
    event.preventDefault();
    file.value = '';
    if (event.dataTransfer.files.length > 0) takeFile(event.dataTransfer.files[0]);
  });
  place.addEventListener('click', ({ target }) => {
    if (target.value === 'clear') {
      [samples.value, file.value] = ['', ''];
      clear();
    }
    if (target.value === 'invert') {
      samples.value = '';
      changePixels((data) => {
        for (let i = 0; i < data.length; i++) if (i % 4 < 3) data[i] = 255 - data[i];
      });
      ask();
    }
  });
  place.hidden = false;
  clear();
  if (samples.options.length > 1) {
    samples.selectedIndex = 1;
    takeSample();
  }
}
